import type { Response } from '../../http/send.ts'

/** A login wall's, a proxy's or an error page. */
export function isWebPage({ headers, body }: Response): boolean {
  return /html/i.test(headers['content-type'] ?? '') || beginsAsWebPage(body.subarray(0, 200).toString('utf8'))
}

export function beginsAsWebPage(text: string): boolean {
  return /^\s*<(!doctype\s+html|html)\b/i.test(text)
}
