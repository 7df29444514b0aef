import type { Recorded } from '../../src/stand-ins/stand-in.ts'

/** Decided by the connection, and not by a connector. */
const OF_THE_CONNECTION = ['host', 'connection', 'content-length', 'date', 'keep-alive']

/** What differs from run to run, and what stands for it; the address of the stand-in is added to these. */
const VOLATILE: readonly [RegExp, string][] = [
  [/(oauth_nonce|oauth_signature)="[^"]*"/g, '$1="<$1>"'],
  [/\b(code|code_verifier|refresh_token)=[\w-]{20,}/g, '$1=<$1>'],
  [/\boauth_token="[0-9a-f]{24}"/g, 'oauth_token="<request token>"'],
  [/\boauth_verifier="\d{7}"/g, 'oauth_verifier="<pin>"'],
  // The access tokens that the stand-ins of Twitter and Zendesk make up.
  [/\b6253282-[0-9a-f]{30}\b/g, '<access token>'],
  [/^Bearer (?:[0-9a-f]{64}|[\w-]{40})$/g, 'Bearer <access token>'],
  // A GitHub App's key is made for each run.
  [/-----BEGIN RSA PRIVATE KEY-----[\s\S]*/, '<private key>'],
  [/^(Bearer eyJ[\w-]+\.[\w-]+)\.[\w-]+$/, '$1.<signature>'],
]

/** Turns what was recorded into what a golden file holds: JSON, without anything that differs from run to run. */
export function createShown(port: number | null) {
  const address: readonly [RegExp, string][] =
    port === null ? [] : [[new RegExp(`127\\.0\\.0\\.1(:|%3A)${port}\\b`, 'g'), '<target>']]
  const replacements = [...address, ...VOLATILE]
  const steady = (text: string): string =>
    replacements.reduce((rest, [pattern, standIn]) => rest.replace(pattern, standIn), text)

  return {
    /** Any value, with its dates as text. */
    value: (value: unknown): unknown =>
      value === undefined
        ? null
        : JSON.parse(JSON.stringify(value), (_, each: unknown) => (typeof each === 'string' ? steady(each) : each)),
    request({ method, target, headers, body }: Recorded): object {
      const names = Object.keys(headers).filter((name) => !OF_THE_CONNECTION.includes(name))
      return {
        request: `${method} ${steady(target)}`,
        headers: Object.fromEntries(names.sort().map((name) => [name, steady(headers[name] ?? '')])),
        ...(body.length === 0 ? {} : bodyOf(body, steady)),
      }
    },
  }
}
export type Shown = ReturnType<typeof createShown>

/** JSON is shown as such where that tells every byte of it; the order of its keys counts. */
function bodyOf(bytes: Buffer, steady: (text: string) => string): object {
  const whole = bytes.toString()
  if (!Buffer.from(whole).equals(bytes)) return { base64: bytes.toString('base64') }
  const text = steady(whole)
  try {
    const json: unknown = JSON.parse(text)
    if (JSON.stringify(json) === text) return { json }
  } catch {
    // shown as text
  }
  return text.includes('\n') ? { lines: text.split('\n') } : { text }
}
