import { type Send, SendError } from '../../http/send.ts'
import type { Finding } from '../contract/connector.ts'

/**
 * For an address that can only be written to. Any answer to a HEAD of its root shows that name, connection and certificate
 * are good. @param open what stays open: "whether it takes web hooks"
 */
export async function reach(url: URL, send: Send, open: string): Promise<Finding> {
  try {
    await send({ method: 'HEAD', url: `${url.origin}/`, maxBytes: 1024 })
    const message = `${url.host} can be reached; ${open} shows only when one is sent, which a check never does`
    return { level: 'ok', setting: 'url', message }
  } catch (error) {
    if (error instanceof SendError) return { level: 'error', setting: 'url', message: error.message }
    throw error
  }
}
