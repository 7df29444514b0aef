/** The target of rel="next" in a Link header (RFC 8288); null also where results="false" says that nothing is there. */
export function linkedNext(header: string): string | null {
  for (const [, target = '', parameters = ''] of header.matchAll(
    /<([^>]*)>((?:\s*;\s*[\w!#$&+.^`|~*-]+(?:\s*=\s*(?:"[^"]*"|[^\s";,]+))?)*)/g,
  ))
    if (/;\s*rel\s*=\s*(?:"(?:[^"]*\s)?next(?:\s[^"]*)?"|next(?=\s*(?:;|$)))/i.test(parameters))
      return /;\s*results\s*=\s*"?false\b/i.test(parameters) ? null : target
  return null
}
