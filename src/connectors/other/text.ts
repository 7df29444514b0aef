import { settingError } from '../kit/setting-error.ts'
import { beginsAsWebPage } from '../kit/web-page.ts'

const XML_DECLARATION = /^<\?xml\s[^>]*?\bencoding\s*=\s*["']([\w.:-]+)["']/
const CHARSET = /;\s*charset\s*=\s*"?([\w.:-]+)/i

/**
 * Decodes a document. A byte order mark takes precedence over the content type, and that over the XML declaration (RFC
 * 7303, section 3); the default is UTF-8.
 * @throws {DeliveryError} for an unknown encoding
 */
export function textOf(bytes: Uint8Array, contentType: string, setting: string): string {
  const declared = XML_DECLARATION.exec(Buffer.from(bytes.subarray(0, 200)).toString('latin1'))?.[1]
  const label = markOf(bytes) ?? CHARSET.exec(contentType)?.[1] ?? declared ?? 'utf-8'
  try {
    return new TextDecoder(label).decode(bytes)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw settingError(setting, `the answer is in the unknown encoding ${label}: let the program send UTF-8`)
  }
}

/**
 * Decodes a file while it is read, as UTF-8 or as its byte order mark says.
 * @throws {DeliveryError} for any other encoding, which cannot be detected
 */
export async function* decoded(input: AsyncIterable<Uint8Array>, setting: string): AsyncGenerator<string> {
  let decoder: InstanceType<typeof TextDecoder> | null = null
  try {
    for await (const bytes of input) {
      decoder ??= new TextDecoder(markOf(bytes) ?? 'utf-8', { fatal: true })
      yield decoder.decode(bytes, { stream: true })
    }
    yield decoder?.decode() ?? ''
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    throw settingError(setting, `the file is not UTF-8: save it as UTF-8, or check ${setting}`, { cause: error })
  }
}

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
