import Fastify, { type RouteOptions } from 'fastify'
import { createGuesses } from '../guesses.ts'
import { NO_COMPILERS } from '../no-compilers.ts'
import { API, type ApiParts, type ApiResources, apiRoutes } from './routes.ts'

/** The OpenAPI document, without a relay. */
export async function openApiDocument(version: string): Promise<object> {
  const app = Fastify({ exposeHeadRoutes: false, schemaController: NO_COMPILERS })
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

/** For the build: what is asked and answered by each route, by the keys and the first parts of `CompiledSchemas`. */
export async function apiSchemas() {
  const app = Fastify({ exposeHeadRoutes: false, schemaController: NO_COMPILERS })
  const routes: RouteOptions[] = []
  let named = (): Readonly<Record<string, unknown>> => ({})
  await app.register(
    async (scope) => {
      scope.addHook('onRoute', (route) => void routes.push(route))
      await apiRoutes(scope, unused(''))
      named = () => scope.getSchemas()
    },
    { prefix: API },
  )
  await app.ready()
  const about = ({ method, url }: RouteOptions, what: string) => ({
    place: url.slice(API.length + 1).split('/')[0] ?? '',
    key: `${String(method)} ${url} ${what}`,
  })
  const asked = routes.flatMap((route) =>
    (['params', 'querystring', 'body'] as const).flatMap((part) => {
      const schema = route.schema?.[part]
      return schema === undefined ? [] : [{ ...about(route, part), schema, isBody: part === 'body' }]
    }),
  )
  const answered = routes.flatMap((route) =>
    Object.entries((route.schema?.response ?? {}) as Record<string, Answer>).map(([status, answer]) => {
      const [content] = Object.values(answer.content ?? {})
      return { ...about(route, status), schema: content?.schema ?? answer }
    }),
  )
  return { asked, answered, named: named() }
}

interface Answer {
  readonly content?: Readonly<Record<string, { readonly schema: object }>>
}

/** No request comes, so nothing is asked of the resources. */
function unused(version: string): ApiParts {
  const resources = new Proxy({} as ApiResources, { get: () => ({}) })
  return { version, guesses: createGuesses(0, () => 0), tokens: () => [], hosts: () => [], resources }
}
