/** The shapes of the outbound client; `createSend` in client.ts makes one for each integration. */

export interface Request {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD'
  /** An absolute http or https address. */
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
  /** From the first byte sent to the last byte read; default: the integration's `timeout_seconds`. */
  readonly timeoutMs?: number
  /** How much of the answer is read, default 64 KiB. What goes beyond is dropped and `truncated` is set. */
  readonly maxBytes?: number
}

export interface Response {
  readonly status: number
  /** Names in lower case; several values of one name are joined by ", " (set-cookie by newline). */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  /** True when the body was longer than the cap, or broke off: the status is the target's, the body is not whole. */
  readonly truncated: boolean
  text(): string
  /** @throws {SyntaxError} */
  json(): unknown
}

/**
 * Sends one request and reads the answer, whatever its status; redirects are returned, never followed.
 * @throws {SendError} when there is no answer
 */
export type Send = (request: Request) => Promise<Response>

/** No answer came. `sent` decides whether repeating is safe. */
export class SendError extends Error {
  /** 'no': nothing can have reached the target's program; 'unknown': it may have. */
  readonly sent: 'no' | 'unknown'
  readonly reason: 'refused' | 'dns' | 'tls' | 'timeout' | 'reset' | 'blocked address' | 'invalid request' | 'protocol'

  constructor(sent: SendError['sent'], reason: SendError['reason'], message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'SendError'
    this.sent = sent
    this.reason = reason
  }
}

/** One request and its answer as the attempt's record keeps them: redacted and capped. */
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
