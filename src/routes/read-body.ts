import type { IncomingMessage } from 'node:http'

export interface ReadBody {
  /** At most as long as the limit. */
  readonly body: Buffer
  /** Over the limit if there was more. */
  readonly bytes: number
  /** False if the connection broke off. */
  readonly ended: boolean
}

/** Reads up to the limit. The rest is discarded while the answer is sent, until the request's timeout. */
export function readBody(stream: IncomingMessage | undefined, limit: number): Promise<ReadBody> {
  if (stream === undefined) return Promise.resolve({ body: Buffer.alloc(0), bytes: 0, ended: true })
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let bytes = 0
    const stop = (ended: boolean): void => {
      stream.off('data', onData).off('end', onEnd).off('error', onBreak).off('close', onBreak)
      resolve({
        body: chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks),
        bytes,
        ended,
      })
    }
    function onData(chunk: Buffer): void {
      bytes += chunk.length
      if (bytes <= limit) {
        chunks.push(chunk)
        return
      }
      chunks.push(chunk.subarray(0, Math.max(0, chunk.length - (bytes - limit))))
      stop(false)
      stream?.resume()
    }
    const onEnd = (): void => stop(true)
    const onBreak = (): void => stop(false)
    stream.on('data', onData).once('end', onEnd).once('error', onBreak).once('close', onBreak)
  })
}
