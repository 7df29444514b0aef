import { attemptNow, inAttempt } from './attempt.ts'
import { Known } from './known.ts'
import type { Exchange, Request, Response } from './send.ts'

/** In characters. */
const KEPT_OF_BODY = 4096
const KEPT_OF_HEADER = 1024
const KEPT_HEADERS = 60

/** Runs `work` and adds the exchanges of its sends to `sink`, redacted and capped, even if it throws. */
export async function recordExchanges<T>(sink: Exchange[], work: () => Promise<T>): Promise<T> {
  return await inAttempt({ exchanges: sink, fence: null }, work)
}

/** Does nothing outside of an attempt. */
export function record(
  hideSecrets: (text: string) => string,
  request: Request,
  headers: Readonly<Record<string, string>>,
  outcome: Response | Error,
  durationMs: number,
): void {
  const sink = attemptNow()?.exchanges
  if (sink === undefined) return
  const hide = hiding(hideSecrets, headers)
  const answer = outcome instanceof Error ? null : outcome
  sink.push({
    method: request.method,
    url: addressShown(hideSecrets, request, headers),
    requestHeaders: shownHeaders(headers, hide),
    requestBody: shownBody(request.body ?? '', hide),
    status: answer?.status ?? null,
    responseHeaders: shownHeaders(answer?.headers ?? {}, hide),
    responseBody: shownBody(answer?.body ?? '', hide),
    error: outcome instanceof Error ? printable(hide(outcome.message)) : null,
    durationMs,
  })
}

/** The same for what was not said over HTTP. */
export function recordExchange(hide: (text: string) => string, exchange: Exchange): void {
  attemptNow()?.exchanges.push({
    ...exchange,
    requestHeaders: shownHeaders(exchange.requestHeaders, hide),
    requestBody: shownBody(exchange.requestBody, hide),
    responseHeaders: shownHeaders(exchange.responseHeaders, hide),
    responseBody: shownBody(exchange.responseBody, hide),
    error: exchange.error === null ? null : printable(hide(exchange.error)),
  })
}

/** Also hides the login that the request has. */
function hiding(
  hideSecrets: (text: string) => string,
  headers: Readonly<Record<string, string>>,
): (text: string) => string {
  const login = loginIn(headers)
  return login === null ? hideSecrets : (text) => hideSecrets(text.replaceAll(login, '[secret]'))
}

/** The address of a request, without secrets. */
export function addressShown(
  hideSecrets: (text: string) => string,
  { url }: Pick<Request, 'url'>,
  headers: Readonly<Record<string, string>>,
): string {
  return loginIn(headers) === null ? knownUrl(url, hideSecrets) : shownUrl(url, hiding(hideSecrets, headers))
}

/** What failed, as records and traces tell it. */
export function problemShown(
  hideSecrets: (text: string) => string,
  headers: Readonly<Record<string, string>>,
  error: Error,
): string {
  return printable(hiding(hideSecrets, headers)(error.message))
}

/** An issued token is in no setting, and the target may repeat it. */
function loginIn(headers: Readonly<Record<string, string>>): string | null {
  const value = Object.entries(headers).find(([name]) => name.toLowerCase() === 'authorization')?.[1] ?? ''
  return /^bearer +(\S{8,})$/i.exec(value)?.[1] ?? null
}

/** Headers and query parameters whose value is always a secret. */
const secretName =
  /^(proxy-)?authorization$|cookie|token|secret|passw|session|signature$|api[-_]?key|^x-auth|^(key|sig|auth|pass|pwd|code)$/i

/** A web hook's signature proves who sent it and reveals no secret. */
const openName = /^webhook-signature$/i

/** Targets have the same few headers again and again. */
const secretNames = new Known((name: string) => secretName.test(name) && !openName.test(name), 1000)

function shownHeaders(
  headers: Readonly<Record<string, string>>,
  hide: (text: string) => string,
): Record<string, string> {
  const shown = Object.entries(headers)
    .slice(0, KEPT_HEADERS)
    .map(([name, value]) => {
      const shown = printable(hide(name))
      return [shown, secretNames.of(name) ? '[secret]' : capped(printable(hide(value)), KEPT_OF_HEADER)] as const
    })
  return Object.fromEntries(shown)
}

/** A web hook or a room has the same address each time. */
const knownUrls = new WeakMap<(text: string) => string, Known<string>>()

function knownUrl(address: string, hide: (text: string) => string): string {
  const own = knownUrls.get(hide) ?? new Known((each: string) => shownUrl(each, hide))
  knownUrls.set(hide, own)
  return own.of(address)
}

function shownUrl(address: string, hide: (text: string) => string): string {
  if (!URL.canParse(address)) return capped(printable(hide(address)), KEPT_OF_HEADER)
  const url = new URL(address)
  url.username = ''
  url.password = ''
  const query = hide(url.search).replace(/([?&])([^=&]*)=([^&]*)/g, (whole, mark: string, name: string) =>
    secretName.test(name) ? `${mark}${name}=[secret]` : whole,
  )
  url.search = ''
  url.hash = ''
  return capped(printable(hide(`${url.href}${query}`)), KEPT_OF_HEADER)
}

function shownBody(body: string | Buffer, hide: (text: string) => string): string {
  return capped(printable(hide(body.toString())), KEPT_OF_BODY)
}

export function capped(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length)} [...]`
}

/** Escapes control characters, including those that change the direction of writing, except line ends and tabs. */
function printable(text: string): string {
  if (!/[^\t\n\x20-\x7e]/.test(text)) return text
  return text.replace(/[^\P{C}\n\t]/gu, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`)
}
