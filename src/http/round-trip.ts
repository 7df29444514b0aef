import type { Dispatcher } from 'undici'
import { failureOf, timeoutOf } from './failure.ts'
import { type Response, SendError } from './send.ts'
import { unpack } from './unpack.ts'

/** Interim answers are 1xx. */
const MOST_INTERIM_ANSWERS = 20

export interface Limits {
  readonly timeoutMs: number
  readonly connectMs: number
  readonly maxBytes: number
}

interface Head {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
}

/**
 * Sends one request, once, and reads the answer within the limits. A known status is an answer, even if its body breaks
 * off.
 * @param tooLate is asked when there is a connection: the reason why the request is not sent any more, or null
 * @throws {SendError} or that reason
 */
export function roundTrip(
  dispatcher: Dispatcher,
  options: Dispatcher.DispatchOptions,
  host: string,
  limits: Limits,
  tooLate: () => Error | null,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    let controller: Dispatcher.DispatchController | null = null
    let head: Head | null = null
    let interim = 0
    let length = 0
    let ended = false
    const chunks: Buffer[] = []
    const secure = String(options.origin).startsWith('https:')

    const connectTimer = setTimeout(() => stop(timeoutOf(host, limits.connectMs, false)), limits.connectMs)
    const timer = setTimeout(() => stop(timeoutOf(host, limits.timeoutMs, controller !== null)), limits.timeoutMs)

    function settle(error: Error | null, truncated: boolean): void {
      if (ended) return
      ended = true
      clearTimeout(connectTimer)
      clearTimeout(timer)
      if (head !== null) resolve(responseOf(head, Buffer.concat(chunks), truncated, limits.maxBytes))
      else reject(error ?? new SendError('unknown', 'protocol', `${host} ended its answer before it began`))
    }

    /** Closes the connection too, since more of the answer may be on its way. */
    function stop(error: Error): void {
      settle(error, true)
      controller?.abort(error)
    }

    dispatcher.dispatch(options, {
      onRequestStart(given) {
        // Too late, or a second try of the dispatcher's own: a request that may have been sent is never sent again here.
        const late = ended || controller !== null
        controller = given
        clearTimeout(connectTimer)
        const reason = late ? null : tooLate()
        if (late) given.abort(new Error('not sent again'))
        else if (reason !== null) stop(reason)
      },
      onResponseStart(_, status, headers) {
        if (status >= 200) head = { status, headers: flat(headers) }
        else if (++interim > MOST_INTERIM_ANSWERS)
          stop(new SendError('unknown', 'protocol', `${host} sent too many interim answers (1xx)`))
      },
      onResponseData(_, chunk) {
        if (ended) return
        const room = limits.maxBytes - length
        // Copied, since a slice would keep the socket's whole buffer alive.
        if (room > 0) chunks.push(Buffer.from(chunk.subarray(0, room)))
        length += chunk.length
        if (length > limits.maxBytes)
          stop(new SendError('unknown', 'protocol', `${host} sent an answer that is too long`))
      },
      onResponseEnd() {
        settle(null, false)
      },
      onResponseError(_, error) {
        settle(failureOf(error, host, secure, controller !== null), true)
      },
    })
  })
}

function flat(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value = '']) => [
      name,
      Array.isArray(value) ? value.join(name === 'set-cookie' ? '\n' : ', ') : value,
    ]),
  )
}

/** The body is unpacked although we ask for `identity`: some servers and caches pack what they like. */
async function responseOf(head: Head, received: Buffer, cut: boolean, maxBytes: number): Promise<Response> {
  const { body, complete } = await unpack(received, head.headers['content-encoding'] ?? '', maxBytes)
  const { status, headers } = head
  const truncated = cut || !complete
  return { status, headers, body, truncated, text: () => body.toString(), json: () => JSON.parse(body.toString()) }
}
