import type { IntegrationAnswer } from '../routes/api/integrations.ts'
import type { AdminApi } from './admin-api.ts'
import { ApiProblem } from './api-answer.ts'
import { noIntegration } from './environment.ts'

/**
 * For a name that has led to nothing.
 * @throws {CommandFailed} if there is no such integration, with the name that may be meant
 */
export async function refuseUnknownIntegration(api: AdminApi, name: string | undefined): Promise<void> {
  if (name === undefined) return
  const { items } = await api.get<{ items: IntegrationAnswer[] }>('/integrations')
  if (items.some((integration) => integration.name === name)) return
  throw noIntegration(
    name,
    items.flatMap((integration) => (integration.type === null ? [] : [integration.name])),
  )
}

/** Asks the API about an integration; if it does not know it, says which one may be meant. */
export async function ofIntegration<T>(api: AdminApi, name: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof ApiProblem && error.type === 'not-found') await refuseUnknownIntegration(api, name)
    throw error
  }
}
