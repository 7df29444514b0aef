import { type Response, SendError } from './send.ts'

/** @param started the request's first byte may have been sent, so the target may have acted on it */
export function failureOf(error: unknown, host: string, secure: boolean, started: boolean): SendError {
  if (error instanceof SendError) return error
  // undici words a proxy's refusal in one of these ways.
  const refusal = /^Proxy (?:response|Authentication Required) \((\d{3})\)/.exec(messageOf(error))
  if (refusal !== null) return proxyRefused(host, Number(refusal[1]))
  return started ? afterSending(error, host) : beforeSending(error, host, secure)
}

export function timeoutOf(host: string, ms: number, started: boolean): SendError {
  const seconds = `${ms / 1000} s`
  return started
    ? new SendError('unknown', 'timeout', `${host} did not answer within ${seconds}`)
    : new SendError('no', 'timeout', `no connection to ${host} within ${seconds}`)
}

function beforeSending(error: unknown, host: string, secure: boolean): SendError {
  const code = codeOf(error)
  const fail = (reason: SendError['reason'], message: string): SendError => new SendError('no', reason, message, error)
  if (['UND_ERR_INVALID_ARG', 'UND_ERR_NOT_SUPPORTED'].includes(code))
    return fail('invalid request', `the request to ${host} cannot be sent: ${messageOf(error)}`)
  if (['UND_ERR_DESTROYED', 'UND_ERR_CLOSED'].includes(code))
    return fail('refused', `the request to ${host} was not sent: the client is closed`)
  if (['UND_ERR_CONNECT_TIMEOUT', 'ETIMEDOUT'].includes(code))
    return fail('timeout', `${host} cannot be reached: timeout`)
  if (dnsCodes.includes(code)) return fail('dns', `the name of ${host} cannot be resolved (${code})`)
  if (unreachableCodes.includes(code)) return fail('refused', `${host} cannot be reached (${code})`)
  if (secure) return fail('tls', `no secure connection to ${host}: ${tlsTrouble(code)}`)
  return fail('refused', `${host} cannot be reached (${code})`)
}

/** Nothing has reached the target. */
export function proxyRefused(host: string, status: number): SendError {
  const why = status === 407 ? 'it does not accept the user name and password of connection.proxy' : 'see its log'
  return new SendError('no', 'refused', `the proxy refused the way to ${host} (${status}): ${why}`)
}

const dnsCodes = ['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'EAI_NODATA', 'EAI_NONAME', 'ENODATA', 'ESERVFAIL', 'EREFUSED']
const unreachableCodes = [
  ...['ECONNREFUSED', 'EHOSTUNREACH', 'EHOSTDOWN', 'ENETUNREACH', 'ENETDOWN', 'EADDRNOTAVAIL'],
  ...['EACCES', 'EPERM', 'EMFILE', 'ENFILE'],
]

function tlsTrouble(code: string): string {
  if (code === 'CERT_HAS_EXPIRED') return 'its certificate has expired'
  if (code === 'CERT_NOT_YET_VALID') return 'its certificate is not valid yet'
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return 'its certificate is for another name'
  if (/SELF_SIGNED|UNABLE_TO_(VERIFY|GET_ISSUER)/.test(code))
    return 'its certificate is not signed by a known authority; name the file with the authority as connection.ca_file'
  return WANTS_CERTIFICATE.test(code) ? CERTIFICATE_WANTED : code
}

const CERTIFICATE_WANTED = 'it wants a client certificate, or does not accept ours; see connection.client_certificate'

/** nginx finishes the handshake without a certificate, and refuses each request with one of these pages. */
const REFUSED_BY_NGINX = /<title>400 (No required SSL certificate was sent|The SSL certificate error)<\/title>/

/** A refusal of the connection in the form of an answer. Nothing has reached the target behind it. */
export function certificateRefused(
  { status, body }: Pick<Response, 'status' | 'body'>,
  host: string,
): SendError | null {
  if (status !== 400 || !REFUSED_BY_NGINX.test(body.subarray(0, 500).toString('latin1'))) return null
  return new SendError('no', 'tls', `no secure connection to ${host}: ${CERTIFICATE_WANTED}`)
}

/** TLS 1.3 servers refuse only after the handshake seems done, when the request may have been sent already. */
const WANTS_CERTIFICATE =
  /ERR_SSL_(SSL\/)?(TLSV1[23]?_|SSLV3_)?ALERT_(CERTIFICATE_REQUIRED|HANDSHAKE_FAILURE|BAD_CERTIFICATE|UNKNOWN_CA|CERTIFICATE_UNKNOWN)/

function afterSending(error: unknown, host: string): SendError {
  const code = codeOf(error)
  // undici's parser errors carry a piece of the answer, which could put a secret into the log.
  const fail = (reason: SendError['reason'], message: string): SendError =>
    new SendError('unknown', reason, message, 'data' in Object(error) ? undefined : error)
  if (code === 'UND_ERR_HEADERS_OVERFLOW') return fail('protocol', `${host} answered with too many headers`)
  if (
    nameOf(error) === 'HTTPParserError' ||
    code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH' ||
    (code === 'UND_ERR_SOCKET' && /^bad /.test(messageOf(error)))
  )
    return fail('protocol', `${host} answered something that is not HTTP/1.1`)
  // The server has not looked at the request: it ends the connection before.
  if (WANTS_CERTIFICATE.test(code))
    return new SendError('no', 'tls', `no secure connection to ${host}: ${tlsTrouble(code)}`)
  if (code === 'ETIMEDOUT') return fail('timeout', `${host} did not answer: the connection timed out`)
  return fail('reset', `${host} closed the connection without an answer`)
}

/** The first code in an error, in the errors it wraps (several addresses were tried), or in its cause. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  if ('code' in error && typeof error.code === 'string') return error.code
  if (error instanceof AggregateError) return codeOf(error.errors[0])
  return error.cause === undefined ? error.name : codeOf(error.cause)
}

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : '')

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
