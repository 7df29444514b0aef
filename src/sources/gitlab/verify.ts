import { randomUUID, timingSafeEqual } from 'node:crypto'
import type { HookRequest, Refusal } from '../contract/source.ts'
import { headerBytes, hmac, isHmac } from '../kit/signature.ts'

export const SIGNATURE = 'webhook-signature'
const TOKEN = 'x-gitlab-token'

export interface Trusted {
  /** Those that are valid; empty if GitLab does not sign. */
  readonly keys: readonly Buffer[]
  readonly token: string | null
  /** How far GitLab's time may be from ours, in either direction. */
  readonly maxAgeMs: number
}

/** The key of a signing token; null if it is broken. One without whsec_ is the key itself. */
export function keyIn(signingToken: string): Buffer | null {
  const given = signingToken.trim()
  if (!given.startsWith('whsec_')) return Buffer.from(given)
  const text = given.slice('whsec_'.length)
  const key = Buffer.from(text, 'base64')
  return key.length > 0 && key.toString('base64') === text ? key : null
}

/** GitLab signs as Standard Webhooks says (gitlab-org/gitlab, merge request 230944), or sends a token as it is. */
export function verify(request: HookRequest, { keys, token, maxAgeMs }: Trusted, now: Date): Refusal | null {
  const wrongToken = token === null ? null : tokenProblem(request, token)
  const wrong = wrongToken ?? (keys.length === 0 ? null : signatureProblem(request, keys, { now, maxAgeMs }))
  return wrong === null ? null : { reason: 'signature', message: wrong }
}

function tokenProblem({ headers }: HookRequest, token: string): string | null {
  const sent = headers[TOKEN]
  if (sent === undefined)
    return 'the request has no X-Gitlab-Token; set the secret token of the web hook in GitLab, the same as secret_token'
  const [given, own] = [headerBytes(sent), Buffer.from(token)]
  const isSame = given.length === own.length && timingSafeEqual(given, own)
  return isSame ? null : 'X-Gitlab-Token is not secret_token; set it to the secret token of this web hook in GitLab'
}

function signatureProblem(
  { headers, body }: HookRequest,
  keys: readonly Buffer[],
  { now, maxAgeMs }: { readonly now: Date; readonly maxAgeMs: number },
): string | null {
  const [sent, id, time] = [headers[SIGNATURE], headers['webhook-id'], headers['webhook-timestamp']]
  if (sent === undefined || id === undefined || time === undefined)
    return 'the request has no webhook-signature, webhook-id and webhook-timestamp; set a signing token at the web hook in GitLab, the same as signing_secret'
  const bytes = Buffer.concat([Buffer.from(`${id}.${time}.`), body])
  // One for each valid token, while one replaces the other.
  const isSigned = sent
    .split(' ')
    .map((each) => each.startsWith('v1,') && isHmac({ ...SHA_256, sent: each.slice(3), bytes, secrets: keys }))
  if (!isSigned.includes(true) || sent.split(' ').includes(''))
    return 'webhook-signature is not that of the body; set signing_secret to the signing token of this web hook in GitLab'
  const ageMs = now.getTime() - Number(time) * 1000
  if (Math.abs(ageMs) <= maxAgeMs) return null
  return Number.isFinite(ageMs)
    ? `GitLab signed the request ${Math.round(Math.abs(ageMs) / 1000)} seconds ${ageMs > 0 ? 'ago' : 'from now'}, and max_age_seconds allows ${maxAgeMs / 1000}; check the clock of this machine, or allow more`
    : 'webhook-timestamp is not a number'
}

/** As GitLab sends the body now, with what the settings ask for. */
export function sign(body: Buffer, { keys: [key], token }: Pick<Trusted, 'keys' | 'token'>, now: Date): HookRequest {
  const [id, time] = [randomUUID(), String(Math.floor(now.getTime() / 1000))]
  const bytes = Buffer.concat([Buffer.from(`${id}.${time}.`), body])
  return {
    headers: {
      // A header has a character for each byte.
      ...(token === null ? {} : { [TOKEN]: Buffer.from(token).toString('latin1') }),
      ...(key === undefined
        ? {}
        : {
            ...{ 'webhook-id': id, 'webhook-timestamp': time },
            [SIGNATURE]: `v1,${hmac({ ...SHA_256, bytes, secret: key })}`,
          }),
    },
    body,
  }
}

const SHA_256 = { algorithm: 'sha256', encoding: 'base64' } as const
