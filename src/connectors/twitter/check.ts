import type { Response } from '../../http/send.ts'
import type { Finding } from '../contract/connector.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import { findingOf } from '../kit/setting-error.ts'
import type { Access, KnownAccount } from './access.ts'
import type { Api } from './api.ts'
import { nameOf } from './oauth1.ts'
import { MOST_SKEW_MS, skewMs } from './refusal.ts'
import type { Settings } from './settings.ts'

/** Clocks this far apart are worth a word before X refuses what is signed. */
const NOTED_SKEW_MS = 60 * 1000

/** Tries the account without writing. The question costs a little, and not every plan may ask it. */
export async function checkAccount(settings: Settings, access: Access, api: Api, now: () => Date): Promise<Finding[]> {
  return [...(await account(access, api, now)), ...ofPosts(settings)]
}

async function account(access: Access, api: Api, now: () => Date): Promise<Finding[]> {
  try {
    const known = await access.known()
    const answer = await api.askWho()
    return [whoFinding(access, known, api, answer), ...clockFinding(skewMs(answer, now()))]
  } catch (error) {
    return [findingOf(error)]
  }
}

function whoFinding({ setting }: Access, known: KnownAccount | null, api: Api, answer: Response): Finding {
  try {
    return { level: 'ok', setting, message: speaker(api.whoIn(answer)) }
  } catch (error) {
    if (!(error instanceof DeliveryError) || ![402, 403, 429].includes(error.status ?? 0))
      return findingOf(error, setting)
    const name = known === null || known.screenName === null ? 'the account' : nameOf(known.screenName)
    const message = `could not ask X about ${name}, which need not keep it from posting: ${error.message}`
    return { level: 'warning', setting, message }
  }
}

function speaker({ username, protected: hidden }: { username: string; protected?: boolean }): string {
  return hidden === true ? `posts as @${username}, whose posts only its followers see` : `posts as @${username}`
}

function clockFinding(skew: number | null): Finding[] {
  if (skew === null || Math.abs(skew) < NOTED_SKEW_MS) return []
  const message = `this machine's clock is ${Math.round(Math.abs(skew) / 1000)} seconds ${skew > 0 ? 'ahead of' : 'behind'} that of X, which refuses what is signed at a wrong time`
  return [{ level: Math.abs(skew) > MOST_SKEW_MS ? 'error' : 'warning', setting: null, message }]
}

function ofPosts({ include_link }: Settings): Finding[] {
  const open: Finding = {
    level: 'warning',
    setting: null,
    message: 'what is posted is public, unless the account protects its posts: names and comments of stories too',
  }
  if (!include_link) return [open]
  const price = 'X bills a post with a link at $0.20, one without at $0.015 (April 2026)'
  return [open, { level: 'warning', setting: 'include_link', message: price }]
}
