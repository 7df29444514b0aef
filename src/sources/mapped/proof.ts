import { timingSafeEqual } from 'node:crypto'
import type { SettingProblem } from '../../connectors/contract/connector.ts'
import type { ConfiguredSource, Refusal } from '../contract/source.ts'
import { headerBytes, hmac, isHmac, secretsOfSigning } from '../kit/signature.ts'
import type { Settings, Signature } from './settings.ts'
import { type Proof, TOOLS } from './tools.ts'

type Verify = NonNullable<ConfiguredSource['verify']>
type Sign = NonNullable<ConfiguredSource['sign']>

export interface Verification {
  /** Absent: the secret in the hook's URL is all there is. */
  readonly verify?: Verify
  readonly sign?: Sign
  /** In lower case: headers that must not be kept. */
  readonly secretHeaders: readonly string[]
}

/** How requests are verified, as the settings and the tool say, or what is wrong with the settings. */
export function verificationOf(settings: Settings): Verification | SettingProblem[] {
  const { signature, secret_header, header_secret, header_secrets = [] } = settings
  const secrets = secretsOfSigning(settings)
  const headerSecrets = header_secret === undefined ? header_secrets : [header_secret]
  const proof = settings.tool === undefined ? undefined : TOOLS[settings.tool]?.proof
  const problems = problemsIn(settings, { secrets, headerSecrets, proof })
  if (problems.length > 0) return problems
  const secretHeader =
    secret_header ?? (proof !== undefined && 'secretHeader' in proof ? proof.secretHeader : undefined)
  if (headerSecrets.length > 0 && secretHeader !== undefined)
    return {
      verify: bySecret(secretHeader, headerSecrets),
      sign: (body) => ({ headers: headerOf(secretHeader, headerSecrets[0] ?? ''), body }),
      secretHeaders: [secretHeader.toLowerCase()],
    }
  const scheme = schemeOf(signature, proof)
  if (secrets.length === 0 || scheme === null) return { secretHeaders: [] }
  return {
    verify: bySignature(scheme, secrets),
    sign: signing(scheme, secrets[0] ?? ''),
    secretHeaders: [scheme.header.toLowerCase()],
  }
}

interface Scheme {
  readonly header: string
  readonly algorithm: 'sha256' | 'sha1'
  readonly encoding: 'hex' | 'base64'
  readonly prefix: string
  readonly timestampHeader: string | null
  readonly signed: string
  readonly toleranceMs: number
}

function schemeOf(signature: Signature | undefined, proof: Proof | undefined): Scheme | null {
  const own = proof !== undefined && 'header' in proof ? proof : undefined
  const header = signature?.header ?? own?.header
  if (header === undefined) return null
  const timestampHeader = signature?.timestamp_header ?? null
  return {
    header,
    algorithm: signature?.algorithm ?? own?.algorithm ?? 'sha256',
    encoding: signature?.encoding ?? own?.encoding ?? 'hex',
    prefix: signature?.prefix ?? own?.prefix ?? '',
    timestampHeader,
    signed: signature?.signed ?? (timestampHeader === null ? '{body}' : '{timestamp}.{body}'),
    toleranceMs: (signature?.tolerance_seconds ?? 300) * 1000,
  }
}

function problemsIn(
  { tool, signature, secret_header, signing_secret, signing_secrets, header_secret, header_secrets }: Settings,
  given: { secrets: readonly string[]; headerSecrets: readonly string[]; proof: Proof | undefined },
): SettingProblem[] {
  const { secrets, headerSecrets, proof } = given
  const problems: SettingProblem[] = []
  const wrong = (setting: string, problem: string): unknown => problems.push({ setting, problem })
  if (signing_secret !== undefined && signing_secrets !== undefined)
    wrong('signing_secrets', 'is a second list of secrets; keep either this or signing_secret')
  if (header_secret !== undefined && header_secrets !== undefined)
    wrong('header_secrets', 'is a second list of secrets; keep either this or header_secret')
  if (secrets.length > 0 && headerSecrets.length > 0)
    wrong('header_secret', 'is a second kind of verification; keep either a signing secret or a header secret')
  const hasHeader = secret_header !== undefined || (proof !== undefined && 'secretHeader' in proof)
  if (headerSecrets.length > 0 && !hasHeader) wrong('secret_header', 'is missing; header_secret needs it')
  if (secret_header !== undefined && headerSecrets.length === 0)
    wrong('header_secret', 'is missing; secret_header needs it')
  const isSigning = signature?.header !== undefined || (proof !== undefined && 'header' in proof)
  if (secrets.length > 0 && !isSigning) {
    if (tool === undefined) wrong('signature.header', 'is missing; signing_secret needs it')
    else wrong('signing_secret', `is not for ${tool}, which sends a secret in a header; set header_secret instead`)
  }
  if (signature !== undefined && secrets.length === 0) wrong('signing_secret', 'is missing; signature needs it')
  if (signature?.timestamp_header === undefined && signature?.signed?.includes('{timestamp}') === true)
    wrong('signature.timestamp_header', 'is missing; {timestamp} in signature.signed needs it')
  if (signature?.timestamp_header !== undefined && signature.signed?.includes('{timestamp}') === false)
    wrong('signature.signed', 'must hold {timestamp}, else anybody could change the time')
  return problems
}

const refused = (message: string): Refusal => ({ reason: 'signature', message })

function bySecret(header: string, secrets: readonly string[]): Verify {
  return ({ headers }) => {
    const sent = headers[header.toLowerCase()]
    if (sent === undefined) return refused(`the header ${header} is missing; set the secret in the tool`)
    const given = headerBytes(sent.trim())
    const isKnown =
      secrets.filter((secret) => {
        const own = Buffer.from(secret)
        return own.length === given.length && timingSafeEqual(own, given)
      }).length > 0
    return isKnown
      ? null
      : refused(`the header ${header} is not header_secret; set the same secret in the tool and here`)
  }
}

function bySignature(scheme: Scheme, secrets: readonly string[]): Verify {
  const { header, algorithm, encoding, prefix, timestampHeader, toleranceMs } = scheme
  return (request, now) => {
    const sent = request.headers[header.toLowerCase()]
    if (sent === undefined) return refused(`the header ${header} is missing; set the signing secret in the tool`)
    if (!sent.startsWith(prefix)) return refused(`the header ${header} does not begin with "${prefix}"`)
    const time = timestampHeader === null ? null : (request.headers[timestampHeader.toLowerCase()] ?? '')
    const bytes = signedBytes(scheme.signed, request.body, time ?? '')
    if (!isHmac({ algorithm, encoding, sent: sent.slice(prefix.length), bytes, secrets }))
      return refused(`the header ${header} is not the signature of the body; set the same secret in the tool and here`)
    if (time === null || isNear(time, now, toleranceMs)) return null
    return refused(`the time in ${timestampHeader} is not within ${toleranceMs / 1000} s of now; check both clocks`)
  }
}

/** A header has a character for each byte. */
const headerOf = (name: string, value: string): Record<string, string> => ({
  [name.toLowerCase()]: Buffer.from(value).toString('latin1'),
})

function signing({ header, algorithm, encoding, prefix, timestampHeader, signed }: Scheme, secret: string): Sign {
  return (body, now) => {
    const time = String(Math.floor(now.getTime() / 1000))
    const bytes = signedBytes(signed, body, time)
    return {
      headers: {
        ...headerOf(header, `${prefix}${hmac({ algorithm, encoding, bytes, secret })}`),
        ...(timestampHeader === null ? {} : headerOf(timestampHeader, time)),
      },
      body,
    }
  }
}

function signedBytes(signed: string, body: Buffer, time: string): Buffer {
  const [before = '', after = ''] = signed.split('{body}')
  return Buffer.concat([Buffer.from(before.replace('{timestamp}', () => time)), body, Buffer.from(after)])
}

/** Seconds since 1970 have ten digits until 2286. */
function isNear(time: string, now: Date, toleranceMs: number): boolean {
  if (!/^\d{9,13}$/.test(time.trim())) return false
  const number = Number(time)
  const ms = number < 1e11 ? number * 1000 : number
  return Math.abs(now.getTime() - ms) <= toleranceMs
}
