import type { Response } from '../../http/send.ts'

/**
 * The query of the next page, which GitHub names whole in the Link header (RFC 8288): some lists go on by number, others
 * by a cursor. Only the query is taken, so that an answer leads nowhere else.
 * @param asked the query of this page; a page that names itself as the next one is the last
 */
export function nextSearch({ headers }: Pick<Response, 'headers'>, asked: string): string | null {
  for (const [, address = '', parameters = ''] of (headers.link ?? '').matchAll(/<([^<>]*)>([^<]*)/g)) {
    if (!/;\s*rel="?next"?\s*(?:[;,]|$)/.test(parameters) || !URL.canParse(address)) continue
    const search = new URL(address).search.slice(1)
    return search === '' || search === asked ? null : search
  }
  return null
}
