const JSON_ESCAPE = /\\(?:u([0-9a-f]{4})|(["\\/])|[bfnrt])/gi
const XML_REFERENCE = /&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|(amp|lt|gt|quot|apos));/gi
const XML_NAMES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

/** A text as it is, and as it reads if it is JSON or XML, in which quotes, ends of lines and letters may be escaped. */
export function readingsOf(text: string): readonly string[] {
  return [
    text,
    ...(text.includes('\\') ? [text.replace(JSON_ESCAPE, jsonCharacter)] : []),
    ...(text.includes('&') ? [text.replace(XML_REFERENCE, xmlCharacter)] : []),
  ]
}

function jsonCharacter(_escape: string, code?: string, itself?: string): string {
  return code === undefined ? (itself ?? ' ') : String.fromCharCode(Number.parseInt(code, 16))
}

function xmlCharacter(reference: string, hex?: string, decimal?: string, name?: string): string {
  if (name !== undefined) return XML_NAMES[name.toLowerCase()] ?? reference
  const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16)
  return code <= 0x10ffff ? String.fromCodePoint(code) : reference
}
