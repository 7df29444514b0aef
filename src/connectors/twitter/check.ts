import type { Response } from '../../http/send.ts'
import type { Finding } from '../contract/connector.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import { error, ok, warning } from '../kit/finding.ts'
import { findingOf } from '../kit/setting-error.ts'
import type { AccountAccess, KnownAccount } from './access.ts'
import type { Api } from './api.ts'
import { nameOf } from './oauth1.ts'
import { MOST_SKEW_MS, skewMs } from './refusal.ts'
import type { Settings } from './settings.ts'

/** Warned of long before X refuses signatures. */
const NOTED_SKEW_MS = 60 * 1000

/** X bills the question, and some plans do not allow it. */
export async function checkAccount(
  settings: Settings,
  access: AccountAccess,
  api: Api,
  now: () => Date,
): Promise<Finding[]> {
  return [...(await account(access, api, now)), ...ofPosts(settings)]
}

async function account(access: AccountAccess, api: Api, now: () => Date): Promise<Finding[]> {
  try {
    const known = await access.known()
    const answer = await api.askWho()
    return [whoFinding(access, known, api, answer), ...clockFinding(skewMs(answer, now()))]
  } catch (failure) {
    return [findingOf(failure)]
  }
}

function whoFinding({ setting }: AccountAccess, known: KnownAccount | null, api: Api, answer: Response): Finding {
  try {
    return ok(setting, speaker(api.whoIn(answer)))
  } catch (failure) {
    if (!(failure instanceof DeliveryError) || ![402, 403, 429].includes(failure.status ?? 0))
      return findingOf(failure, setting)
    const name = known === null || known.screenName === null ? 'the account' : nameOf(known.screenName)
    return warning(setting, `could not ask X about ${name}, but posting may still work: ${failure.message}`)
  }
}

function speaker({ username, protected: hidden }: { username: string; protected?: boolean }): string {
  return hidden === true ? `posts as @${username}, whose posts only its followers see` : `posts as @${username}`
}

function clockFinding(skew: number | null): Finding[] {
  if (skew === null || Math.abs(skew) < NOTED_SKEW_MS) return []
  const message = `this machine's clock is ${Math.round(Math.abs(skew) / 1000)} seconds ${skew > 0 ? 'ahead of' : 'behind'} that of X; set it, because X refuses requests that are signed with a wrong time`
  return [(Math.abs(skew) > MOST_SKEW_MS ? error : warning)(null, message)]
}

function ofPosts({ include_link }: Settings): Finding[] {
  const open = 'posts are public unless the account protects them, and they show the names and comments of stories'
  if (!include_link) return [warning(null, open)]
  const price = 'X bills a post with a link at $0.20, one without at $0.015 (April 2026)'
  return [warning(null, open), warning('include_link', price)]
}
