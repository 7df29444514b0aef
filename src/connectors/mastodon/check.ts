import type { Finding } from '../contract/connector.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import { findingOf } from '../kit/setting-error.ts'
import type { Api } from './api.ts'
import type { Settings } from './settings.ts'

export async function checkAccount(settings: Settings, api: Api): Promise<Finding[]> {
  return [...(await account(api)), ...openness(settings)]
}

async function account(api: Api): Promise<Finding[]> {
  try {
    const { acct, bot } = await api.me()
    const speaker: Finding = { level: 'ok', setting: 'access_token', message: `posts as @${acct}` }
    if (bot !== false) return [speaker]
    const message = `@${acct} is not marked as an automated account; many servers ask for that (Preferences, Public profile)`
    return [speaker, { level: 'warning', setting: null, message }]
  } catch (error) {
    if (!(error instanceof DeliveryError) || error.status !== 403) return [findingOf(error, 'base_url')]
    const message =
      'without the scope read:accounts the relay cannot tell whose token this is, nor whether a lost post is there'
    return [{ level: 'warning', setting: 'access_token', message }]
  }
}

function openness({ visibility }: Settings): Finding[] {
  if (visibility === 'private' || visibility === 'direct') return []
  return [{ level: 'warning', setting: 'visibility', message: `${visibility}: everyone can read what is posted` }]
}
