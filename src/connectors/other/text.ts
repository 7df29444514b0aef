import { asWindows1252 } from '../../http/windows-1252.ts'
import { settingError } from '../kit/setting-error.ts'
import { beginsAsWebPage } from '../kit/web-page.ts'

const XML_DECLARATION = /^<\?xml\s[^>]*?\bencoding\s*=\s*["']([\w.:-]+)["']/
const CHARSET = /;\s*charset\s*=\s*"?([\w.:-]+)/i

/**
 * Decodes a document. A byte order mark takes precedence over the settings, these over the content type, and that over
 * the XML declaration (RFC 7303, section 3); the default is UTF-8.
 * @param encoding from the settings; null: as the document says
 * @throws {DeliveryError} for an unknown encoding, or if it is not UTF-8 though it should be
 */
export function textOf(bytes: Uint8Array, contentType: string, setting: string, encoding: string | null): string {
  const declared = XML_DECLARATION.exec(Buffer.from(bytes.subarray(0, 200)).toString('latin1'))?.[1]
  const told = CHARSET.exec(contentType)?.[1] ?? declared
  const label = markOf(bytes) ?? encoding ?? told ?? 'utf-8'
  try {
    // UTF-8 in the settings reads a document in spite of a broken character.
    return decoderOf(label, encoding === null && UTF_8.test(label)).decode(bytes, false)
  } catch (error) {
    if (error instanceof RangeError)
      throw settingError(setting, `the answer is in the unknown encoding ${label}: let the program send UTF-8`)
    if (!(error instanceof TypeError)) throw error
    const what =
      told === undefined ? 'the answer is not UTF-8, and does not say what it is' : `the answer is not ${told}`
    throw settingError('source.encoding', `${what}: let the program send UTF-8, or ${SET_ENCODING}`, { cause: error })
  }
}

/** The beginning of a file, which may end within a character, to see what it is. */
export function headOf(bytes: Uint8Array, encoding: string | null): string {
  return decoderOf(markOf(bytes) ?? encoding ?? 'utf-8', false).decode(bytes, true)
}

/**
 * Decodes a file while it is read: as its byte order mark says, as the settings say, or as UTF-8.
 * @throws {DeliveryError} for any other encoding, which cannot be detected
 */
export async function* decoded(input: AsyncIterable<Uint8Array>, encoding: string | null): AsyncGenerator<string> {
  let decoder: Decoder | null = null
  try {
    for await (const bytes of input) {
      decoder ??= decoderOf(markOf(bytes) ?? encoding ?? 'utf-8', encoding === null)
      yield decoder.decode(bytes, true)
    }
    yield decoder?.decode(new Uint8Array(0), false) ?? ''
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    const message = `the file is not UTF-8: save it as UTF-8, or ${SET_ENCODING}`
    throw settingError('source.encoding', message, { cause: error })
  }
}

interface Decoder {
  /** @param more the next bytes continue these */
  decode(bytes: Uint8Array, more: boolean): string
}

/** @throws {RangeError} for an unknown encoding */
function decoderOf(label: string, fatal: boolean): Decoder {
  const decoder = new TextDecoder(label, { fatal })
  const isWestern = decoder.encoding === 'windows-1252'
  return {
    decode(bytes, more) {
      const text = decoder.decode(bytes, { stream: more })
      return isWestern ? asWindows1252(text) : text
    },
  }
}

/** Whether it is a label that the Encoding Standard knows. */
export function isEncoding(label: string): boolean {
  try {
    return new TextDecoder(label).encoding !== ''
  } catch {
    return false
  }
}

const UTF_8 = /^(unicode-1-1-)?utf-?8$/i
const SET_ENCODING = 'set source.encoding to what it is, such as windows-1252'

function markOf([first, second, third]: Uint8Array): string | null {
  if (first === 0xef && second === 0xbb && third === 0xbf) return 'utf-8'
  if (first === 0xfe && second === 0xff) return 'utf-16be'
  return first === 0xff && second === 0xfe ? 'utf-16le' : null
}

/** What a wrong document is, for an error message; null for XML or anything unknown. */
export function oddity(text: string): string | null {
  const start = text.slice(0, 2000).trim()
  if (start === '') return 'nothing at all'
  if (beginsAsWebPage(start)) return 'a web page, most likely a login form'
  if (/^[{[]/.test(start)) return 'JSON'
  return start.startsWith('<') ? null : 'plain text'
}
