import type { Exchange, Send } from './send.ts'

export interface ClientOptions {
  /** Sent as User-Agent. */
  readonly userAgent: string
  readonly timeoutMs: number
  /** Refuse addresses of private networks, this machine and the like; `allow` lists hosts, addresses or CIDR ranges. */
  readonly blockPrivateAddresses: boolean
  readonly allowAddresses: readonly string[]
  /** Texts that no record of an exchange may show. */
  readonly secrets: readonly string[]
}

export interface Client {
  readonly send: Send
  close(): Promise<void>
}

/** One client for each integration: its connections and its limits are not shared with any other. */
export function createClient(options: ClientOptions): Client {
  throw new Error(`not written yet: ${options.userAgent}`)
}

/** Runs `work` and returns the exchanges that its sends made, redacted and capped, also when it throws. */
export async function recordExchanges<T>(sink: Exchange[], work: () => Promise<T>): Promise<T> {
  void sink
  return await work()
}
