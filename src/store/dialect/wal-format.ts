/**
 * What the guard has to know of SQLite's files: https://www.sqlite.org/fileformat2.html#the_write_ahead_log and
 * https://www.sqlite.org/walformat.html#walidxfmt
 */
export const LOG_HEADER_BYTES = 32
const FRAME_HEADER_BYTES = 24
const SALTS_AT = 16
const SALTS_BYTES = 8

/** The last bit says in which order checksums read the bytes. */
const MAGIC = 0x377f0682

/** Two copies, so that a reader sees whether it met a write. */
export const INDEX_HEADERS_BYTES = 96
const INDEX_HEADER_BYTES = 48
const INDEX_VERSION = 3007000
const IS_INITIALISED_AT = 12
const FRAMES_AT = 16
const INDEX_SALTS_AT = 32

/** A log without such a beginning is passed over by SQLite when the database is opened again. */
export function isLogHeader(header: Buffer): boolean {
  return header.length === LOG_HEADER_BYTES && header.readUInt32BE(0) >>> 1 === MAGIC >>> 1
}

/** What all connections to a database agree on. */
export interface LogIndex {
  /** How many frames of the log count. */
  readonly frames: number
  /** Chosen anew each time the log begins anew. */
  readonly salts: Buffer
}

/** Null while it is being written, or if it is of no known kind. */
export function logIndexOf(headers: Buffer): LogIndex | null {
  const [first, second] = [0, INDEX_HEADER_BYTES].map((at) => headers.subarray(at, at + INDEX_HEADER_BYTES))
  if (first === undefined || second === undefined || first.length < INDEX_HEADER_BYTES || !first.equals(second))
    return null
  // Numbers are in the byte order of the machine.
  const words = new Uint32Array(first.buffer.slice(first.byteOffset, first.byteOffset + INDEX_HEADER_BYTES))
  if (words[0] !== INDEX_VERSION || first[IS_INITIALISED_AT] !== 1) return null
  return { frames: words[FRAMES_AT / 4] ?? 0, salts: first.subarray(INDEX_SALTS_AT, INDEX_SALTS_AT + SALTS_BYTES) }
}

/** Whether a log with this header and of this length has all frames that count. */
export function holdsFrames(header: Buffer, bytes: number, { frames, salts }: LogIndex): boolean {
  if (frames === 0) return true
  if (!isLogHeader(header) || !header.subarray(SALTS_AT, SALTS_AT + SALTS_BYTES).equals(salts)) return false
  return bytes >= LOG_HEADER_BYTES + frames * (FRAME_HEADER_BYTES + header.readUInt32BE(8))
}

export const DATABASE_HEADER_BYTES = 16

/** https://www.sqlite.org/fileformat2.html#magic_header_string */
export function isDatabaseHeader(header: Buffer): boolean {
  return header.toString('latin1') === 'SQLite format 3\0'
}
