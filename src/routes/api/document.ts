import Fastify from 'fastify'
import { createGuesses } from '../guesses.ts'
import { API, type ApiParts, apiRoutes } from './routes.ts'

/** The OpenAPI document, without a relay. */
export async function openApiDocument(version: string): Promise<object> {
  const app = Fastify({ exposeHeadRoutes: false })
  try {
    let document = (): object => ({})
    await app.register(
      async (scope) => {
        await apiRoutes(scope, unused(version))
        document = () => scope.swagger()
      },
      { prefix: API },
    )
    await app.ready()
    return document()
  } finally {
    await app.close()
  }
}

/** No request comes, so nothing else of the parts is asked for. */
function unused(version: string): ApiParts {
  const parts: Partial<ApiParts> = { version, guesses: createGuesses(0, () => 0), tokens: () => [], hosts: () => [] }
  return new Proxy(parts as ApiParts, {
    get: (target, name, receiver) => Reflect.get(target, name, receiver) ?? {},
  })
}
