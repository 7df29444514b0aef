/** A comment, CDATA, a processing instruction or declaration, an end tag, or a start tag with its attributes. */
const MARKUP =
  /<!--[\s\S]*?-->|<!\[CDATA\[[\s\S]*?\]\]>|<\?[\s\S]*?\?>|<(\/?)([^\s/>"'<=&!?]+)(?:\s+[^\s=/>"'<]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*\s*(\/?)>/y

interface Flaw {
  readonly line: number
  readonly what: string
}

/**
 * Finds the first place where tags do not nest, or something stands outside the root, such as in an answer that broke
 * off. A bare "&" passes: programs that feed Tracker forget to escape it.
 */
export function flawIn(text: string): Flaw | null {
  const open: string[] = []
  let hasRoot = false
  let from = 0
  for (let at = text.indexOf('<'); at !== -1; at = text.indexOf('<', from)) {
    if (open.length === 0 && text.slice(from, at).trim() !== '') return flaw(text, from, 'text outside the root')
    MARKUP.lastIndex = at
    const [markup, slash, name, selfClosing] = MARKUP.exec(text) ?? []
    if (markup === undefined) return flaw(text, at, '"<" does not begin a complete tag')
    from = at + markup.length
    if (name === undefined) {
      if (open.length === 0 && markup.startsWith('<![')) return flaw(text, at, 'CDATA outside the root')
    } else if (slash === '/') {
      const expected = open.pop()
      if (expected !== name)
        return flaw(
          text,
          at,
          `</${name.slice(0, 60)}>, expected ${expected === undefined ? 'no end tag' : `</${expected.slice(0, 60)}>`}`,
        )
    } else {
      if (open.length === 0 && hasRoot) return flaw(text, at, 'a second root')
      hasRoot = true
      if (selfClosing !== '/') open.push(name)
    }
  }
  const unclosed = open.at(-1)
  if (unclosed !== undefined) return flaw(text, text.length, `<${unclosed.slice(0, 60)}> is not closed`)
  if (text.slice(from).trim() !== '') return flaw(text, from, 'text outside the root')
  return hasRoot ? null : flaw(text, 0, 'no element')
}

function flaw(text: string, at: number, what: string): Flaw {
  let line = 1
  for (let end = text.indexOf('\n'); end !== -1 && end < at; end = text.indexOf('\n', end + 1)) line += 1
  return { line, what }
}
