import { Type } from 'typebox'
import { DeliveryError } from '../contract/delivery-error.ts'
import { type ReadAgainTools, readAgain } from '../kit/read-again.ts'
import type { Api } from './api.ts'

const ServerInfo = Type.Object({ deploymentType: Type.Optional(Type.String()) })

/** @param tools to try again; without them JIRA is asked once */
export type IsCloud = (tools?: ReadAgainTools) => Promise<boolean>

/** Whether this is JIRA Cloud. JIRA is only asked if its URL does not tell, and remembered. */
export function createIsCloud(api: Api): IsCloud {
  let known: boolean | null = api.place.isCloud ? true : null
  return async (tools) => {
    if (known !== null) return known
    const ask = () => api.read('/serverInfo', ServerInfo)
    const { value } = await (tools === undefined ? ask() : readAgain(tools, ask))
    known = value.deploymentType === 'Cloud'
    return known
  }
}

/** False for a JIRA that does not tell, since what a Server understands Cloud understands too. */
export async function speaksDocuments(isCloud: IsCloud): Promise<boolean> {
  return await isCloud().catch((error: unknown) => {
    if (error instanceof DeliveryError && error.verdict === 'dead') return false
    throw error
  })
}
