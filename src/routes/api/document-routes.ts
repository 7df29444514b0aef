import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger'
import { Type } from 'typebox'
import type { ApiApp } from './type-provider.ts'

const DESCRIPTION = `Looks at a Tracker Relay and steers it. Requests need a bearer token; those that change something need one
with the role \`operate\`, and \`content-type: application/json\`. Lists come newest first, page by page. See docs/api.md.`

/** The document without its routes. */
export function openApi(version: string): NonNullable<FastifyDynamicSwaggerOptions['openapi']> {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Tracker Relay',
      description: DESCRIPTION.replaceAll('\n', ' '),
      version,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/', description: 'The relay itself.' }],
    tags: [
      { name: 'activities', description: 'What Tracker said happened, and what that caused.' },
      { name: 'deliveries', description: 'What is to become true at the targets, and what became of it.' },
      { name: 'integrations', description: 'Where activities are passed on to.' },
      { name: 'links', description: 'Which tickets stories are linked to.' },
      { name: 'rejected', description: 'Requests that were no activity.' },
      { name: 'imports', description: "The lists of tickets for Tracker's import panel." },
      { name: 'catch-ups', description: "Asking the projects' tools for what their hooks missed." },
      { name: 'config', description: 'What is in force.' },
      { name: 'replays', description: 'Jobs that send many deliveries again, or plan activities anew.' },
      { name: 'audit', description: 'What was done by whom.' },
      { name: 'stats', description: 'What was done in each minute, hour and day.' },
      { name: 'erasures', description: 'Forgetting a story, a project or a person.' },
      { name: 'events', description: 'What happens, as it happens.' },
      { name: 'document', description: 'This document.' },
    ],
    components: {
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'A token of `admin.tokens`, or `server.admin_token`.' },
      },
    },
    security: [{ token: [] }],
  }
}

export function documentRoutes(app: ApiApp): void {
  app.get(
    '/openapi.json',
    {
      config: { isOneThing: true },
      schema: {
        operationId: 'getDocument',
        summary: 'This document',
        tags: ['document'],
        response: { 200: Type.Object({}, { description: 'OpenAPI 3.1.', additionalProperties: true }) },
      },
    },
    async () => app.swagger() as object,
  )
}
