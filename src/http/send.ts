export interface Request {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD'
  /** Absolute, http or https. */
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
  /** The one write of a delivery: it is sent only while the attempt's lease holds. */
  readonly isWrite?: boolean
  /** The target may know of the trace that the request belongs to: it gets `traceparent`, unless the headers have one. */
  readonly tellsTrace?: boolean
  /** For the whole exchange; default: the integration's `timeout_seconds`. */
  readonly timeoutMs?: number
  /** How much of the answer is read, default 64 KiB. The rest is dropped and `truncated` is set. */
  readonly maxBytes?: number
}

export interface Response {
  readonly status: number
  /** Names in lower case; several values of one name are joined by ", " (set-cookie by newline). */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  /** The body was longer than the cap or broke off; the status is still the target's. */
  readonly truncated: boolean
  text(): string
  /** @throws {SyntaxError} */
  json(): unknown
}

/**
 * Sends one request and reads the answer, whatever its status; redirects are returned, never followed.
 * @throws {SendError} if no answer comes
 */
export type Send = (request: Request) => Promise<Response>

/** No answer came. `sent` decides whether a repeat is safe. */
export class SendError extends Error {
  /** 'no': the target cannot have acted on the request; 'unknown': it may have. */
  readonly sent: 'no' | 'unknown'
  readonly reason: 'refused' | 'dns' | 'tls' | 'timeout' | 'reset' | 'blocked address' | 'invalid request' | 'protocol'

  constructor(sent: SendError['sent'], reason: SendError['reason'], message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'SendError'
    this.sent = sent
    this.reason = reason
  }
}

/** One request and its answer as an attempt's record keeps them: redacted and capped. */
export interface Exchange {
  readonly method: string
  readonly url: string
  readonly requestHeaders: Readonly<Record<string, string>>
  readonly requestBody: string
  readonly status: number | null
  readonly responseHeaders: Readonly<Record<string, string>>
  readonly responseBody: string
  readonly error: string | null
  readonly durationMs: number
}
