/** A comment, CDATA, a processing instruction or declaration, an end tag, or a start tag with its attributes. */
const MARKUP =
  /<!--[\s\S]*?-->|<!\[CDATA\[[\s\S]*?\]\]>|<\?[\s\S]*?\?>|<(\/?)([^\s/>"'<=&!?]+)(?:\s+[^\s=/>"'<]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*\s*(\/?)>/y

/** Where a document is not well-formed. */
export interface Flaw {
  readonly line: number
  readonly what: string
}

/**
 * The first place where tags do not nest, or something stands outside of the one root; null when there is none. An
 * answer that broke off is found by this. A bare "&" passes: programs that feed Tracker forget to escape it, and what is
 * meant is plain.
 */
export function flawIn(text: string): Flaw | null {
  const open: string[] = []
  let hasRoot = false
  let from = 0
  for (let at = text.indexOf('<'); at !== -1; at = text.indexOf('<', from)) {
    if (open.length === 0 && text.slice(from, at).trim() !== '') return flaw(text, from, 'text outside of the root')
    MARKUP.lastIndex = at
    const [markup, slash, name, selfClosing] = MARKUP.exec(text) ?? []
    if (markup === undefined) return flaw(text, at, '"<" that begins no whole tag')
    from = at + markup.length
    if (name === undefined) {
      if (open.length === 0 && markup.startsWith('<![')) return flaw(text, at, 'CDATA outside of the root')
    } else if (slash === '/') {
      const expected = open.pop()
      if (expected !== name) return flaw(text, at, `</${name.slice(0, 60)}> where ${shown(expected)} ends`)
    } else {
      if (open.length === 0 && hasRoot) return flaw(text, at, 'a second root')
      hasRoot = true
      if (selfClosing !== '/') open.push(name)
    }
  }
  const unclosed = open.at(-1)
  if (unclosed !== undefined) return flaw(text, text.length, `the end, but <${unclosed.slice(0, 60)}> is not closed`)
  if (text.slice(from).trim() !== '') return flaw(text, from, 'text outside of the root')
  return hasRoot ? null : flaw(text, 0, 'no element')
}

function shown(name: string | undefined): string {
  return name === undefined ? 'nothing' : `<${name.slice(0, 60)}>`
}

function flaw(text: string, at: number, what: string): Flaw {
  let line = 1
  for (let end = text.indexOf('\n'); end !== -1 && end < at; end = text.indexOf('\n', end + 1)) line += 1
  return { line, what }
}
