import { isAscii, isUtf8 } from 'node:buffer'
import { ParseError } from './parse-error.ts'

const BOM = 0xfeff
const XML_DECLARATION = /^<\?xml\s[^>]*?\bencoding\s*=\s*["']([^"']*)["']/
/** Encodings in which bytes below 128 are ASCII, so a body of only such bytes reads the same. */
const LIKE_ASCII = /^(us-ascii|ascii|latin-?1|iso-8859-\d{1,2}|windows-125\d|cp125\d)$/i

/**
 * Decodes a body and removes white space from its beginning.
 * @throws {ParseError} 'empty', or 'encoding' if it is not clearly UTF-8
 */
export function bodyText(body: Buffer): string {
  if (body.length === 0) throw new ParseError('empty', 'The body is empty; one activity is expected.')
  refuseWideCharacters(body)
  if (!isUtf8(body)) {
    throw new ParseError('encoding', `The body is not valid UTF-8: see byte ${firstBadByte(body)}. Send it as UTF-8.`)
  }
  const decoded = body.toString('utf8')
  const text = (decoded.charCodeAt(0) === BOM ? decoded.slice(1) : decoded).trimStart()
  if (text === '') throw new ParseError('empty', 'The body is nothing but white space; one activity is expected.')
  refuseOtherDeclaration(text, body)
  return text
}

/** UTF-16 and UTF-32 are refused first, so that another encoding cannot get past the later checks. */
function refuseWideCharacters(body: Buffer): void {
  const [first, second] = body
  const marked = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)
  if (marked || first === 0 || second === 0) {
    throw new ParseError('encoding', 'The body is in UTF-16 or UTF-32; send it as UTF-8.')
  }
}

function refuseOtherDeclaration(text: string, body: Buffer): void {
  const declared = XML_DECLARATION.exec(text)?.[1]
  if (declared === undefined || /^utf-?8$/i.test(declared)) return
  if (LIKE_ASCII.test(declared) && isAscii(body)) return
  throw new ParseError(
    'encoding',
    `The XML declares encoding ${JSON.stringify(declared.slice(0, 40))}; send it as UTF-8 and declare that.`,
  )
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
