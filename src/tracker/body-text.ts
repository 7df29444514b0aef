import { isAscii, isUtf8 } from 'node:buffer'
import { asWindows1252 } from '../http/windows-1252.ts'
import { ParseError } from './parse-error.ts'

const BOM = 0xfeff
const XML_DECLARATION = /^<\?xml\s[^>]*?\bencoding\s*=\s*["']([^"']*)["']/
/** Longer than any XML declaration. */
const DECLARATION_BYTES = 300
/** One byte for each character; bytes below 128 are ASCII in all of them. */
const SINGLE_BYTE = /^(latin-?1|iso-8859-\d{1,2}|windows-125\d|cp125\d)$/i

/**
 * Decodes a body and removes white space from its beginning. XML may declare a single-byte encoding, such as
 * ISO-8859-1 or windows-1252; anything else is UTF-8.
 * @throws {ParseError} 'empty', or 'encoding' if the body is not in the encoding that it should be in, or that is unknown
 */
export function bodyText(body: Buffer): string {
  if (body.length === 0) throw new ParseError('empty', 'The body is empty; one activity is expected.')
  refuseWideCharacters(body)
  const declared = declaredEncoding(body)
  if (declared !== null && SINGLE_BYTE.test(declared)) return singleByteText(body, declared)
  if (!isUtf8(body)) {
    throw new ParseError('encoding', `The body is not valid UTF-8: see byte ${firstBadByte(body)}. Send it as UTF-8.`)
  }
  const decoded = body.toString('utf8')
  const text = (decoded.charCodeAt(0) === BOM ? decoded.slice(1) : decoded).trimStart()
  if (text === '') throw new ParseError('empty', 'The body is nothing but white space; one activity is expected.')
  if (declared === null || /^utf-?8$/i.test(declared)) return text
  if (/^(us-)?ascii$/i.test(declared) && isAscii(body)) return text
  throw new ParseError(
    'encoding',
    `The XML declares encoding ${JSON.stringify(declared.slice(0, 40))}, which is not read; send it as UTF-8 and declare that.`,
  )
}

/** Null without a declaration, and for a byte order mark of UTF-8, which takes precedence. */
function declaredEncoding(body: Buffer): string | null {
  const from = body.findIndex((byte) => byte > 0x20)
  const start = body.subarray(Math.max(0, from)).subarray(0, DECLARATION_BYTES).toString('latin1')
  return XML_DECLARATION.exec(start)?.[1] ?? null
}

const WINDOWS_1252 = /^(latin-?1|iso-8859-1|windows-1252|cp1252)$/i

/** ISO-8859-1 is read as windows-1252, as the Encoding Standard says. */
function singleByteText(body: Buffer, declared: string): string {
  if (WINDOWS_1252.test(declared)) return asWindows1252(body.toString('latin1')).trimStart()
  try {
    return new TextDecoder(declared, { fatal: true }).decode(body).trimStart()
  } catch {
    throw new ParseError('encoding', `The XML declares encoding ${JSON.stringify(declared)}, but is not in it.`)
  }
}

/** UTF-16 and UTF-32 are refused first, so that another encoding cannot get past the later checks. */
function refuseWideCharacters(body: Buffer): void {
  const [first, second] = body
  const marked = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)
  if (marked || first === 0 || second === 0) {
    throw new ParseError('encoding', 'The body is in UTF-16 or UTF-32; send it as UTF-8.')
  }
}

function firstBadByte(body: Buffer): number {
  const lossy = body.toString('utf8')
  let offset = 0
  let from = 0
  for (let at = lossy.indexOf('\ufffd'); at !== -1; at = lossy.indexOf('\ufffd', from)) {
    offset += Buffer.byteLength(lossy.slice(from, at))
    const genuine = body[offset] === 0xef && body[offset + 1] === 0xbf && body[offset + 2] === 0xbd
    if (!genuine) return offset
    offset += 3
    from = at + 1
  }
  return offset
}
