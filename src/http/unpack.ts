import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib'

export interface Unpacked {
  readonly body: Buffer
  /** False if the body is damaged, breaks off, or unpacks to more than the limit. */
  readonly complete: boolean
}

/**
 * Unpacks the body of an answer, no further than the limit, so that a few bytes cannot fill the memory. A body without
 * an encoding, or with one that is not known, is returned as it is. No server that we know applies two encodings.
 */
export async function unpack(packed: Buffer, encoding: string, maxBytes: number): Promise<Unpacked> {
  const decoder = packed.length === 0 ? null : decoderFor(encoding.trim().toLowerCase(), packed)
  if (decoder === null) return { body: packed, complete: true }
  const chunks: Buffer[] = []
  let room = maxBytes
  try {
    decoder.end(packed)
    for await (const chunk of decoder as AsyncIterable<Buffer>) {
      if (chunk.length > room) return { body: Buffer.concat([...chunks, chunk.subarray(0, room)]), complete: false }
      chunks.push(chunk)
      room -= chunk.length
    }
    return { body: Buffer.concat(chunks), complete: true }
  } catch {
    return { body: Buffer.concat(chunks), complete: false }
  }
}

function decoderFor(encoding: string, packed: Buffer) {
  if (encoding === 'gzip' || encoding === 'x-gzip') return createGunzip()
  if (encoding === 'deflate') return hasZlibHeader(packed) ? createInflate() : createInflateRaw()
  if (encoding === 'br') return createBrotliDecompress()
  return null
}

/** RFC 9110 says that "deflate" has this header (RFC 1950, section 2.2); some servers leave it out. */
function hasZlibHeader(packed: Buffer): boolean {
  return packed.length >= 2 && (packed.readUInt8(0) & 0x0f) === 8 && packed.readUInt16BE(0) % 31 === 0
}
