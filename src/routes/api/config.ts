import { Type } from 'typebox'
import type { ApiApp } from './type-provider.ts'

export interface ConfigParts {
  /** Without secrets. */
  config(): object
}

export function configRoutes(app: ApiApp, { config }: ConfigParts): void {
  app.get(
    '/config',
    {
      config: { isOneThing: true },
      schema: {
        operationId: 'getConfig',
        summary: 'The config in force, without secrets',
        tags: ['config'],
        response: {
          200: Type.Unsafe<object>({
            type: 'object',
            description: 'As in the file, with defaults; integrations as they are written.',
            additionalProperties: true,
          }),
        },
      },
    },
    async () => config(),
  )
}
