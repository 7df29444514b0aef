/**
 * The Atlassian Document Format, in which JIRA Cloud keeps descriptions, as plain text that people can read.
 * Source: developer.atlassian.com, "Atlassian Document Format", and its JSON schema (go.atlassian.com/adf-json-schema).
 */

/** What is missing or of the wrong type is empty. */
interface Node {
  readonly type: string
  readonly text: string
  readonly attrs: Readonly<Record<string, unknown>>
  readonly content: readonly unknown[]
  readonly marks: readonly unknown[]
}

/** Deeper nodes are left out, because every level costs stack. */
const DEEPEST = 100

const LEAVES = new Map<string, (node: Node) => string>([
  ['text', ({ text }) => text],
  ['hardBreak', () => '\n'],
  ['mention', ({ attrs }) => textIn(attrs.text) || `@${textIn(attrs.id)}`],
  ['emoji', ({ attrs }) => textIn(attrs.text) || textIn(attrs.shortName)],
  ['date', ({ attrs }) => day(attrs.timestamp)],
  ['status', ({ attrs }) => bracketed(textIn(attrs.text))],
  ['placeholder', ({ attrs }) => textIn(attrs.text)],
  ['inlineCard', ({ attrs }) => cardAddress(attrs)],
  ['blockCard', ({ attrs }) => cardAddress(attrs)],
  ['embedCard', ({ attrs }) => cardAddress(attrs)],
  ['media', ({ attrs }) => mediaName(attrs)],
  ['mediaInline', ({ attrs }) => mediaName(attrs)],
  ['rule', () => '----'],
])

const ALONE: ReadonlySet<string> = new Set(['blockCard', 'embedCard', 'media', 'rule'])

const BLOCKS = new Map<string, (node: Node, depth: number) => string>([
  ['paragraph', ({ content }, depth) => inline(content, depth)],
  ['heading', ({ attrs, content }, depth) => marked(headingMark(attrs.level), unbroken(inline(content, depth)))],
  ['codeBlock', ({ content }, depth) => `\`\`\`\n${inline(content, depth)}\n\`\`\``],
  ['blockquote', ({ content }, depth) => marked('> ', blocks(content, depth, '\n\n'), '> ')],
  ['bulletList', (list, depth) => items(list, depth, () => '- ')],
  ['orderedList', (list, depth) => items(list, depth, (index) => `${firstNumber(list.attrs.order) + index}. `)],
  ['taskList', (list, depth) => items(list, depth, (_, { attrs }) => (attrs.state === 'DONE' ? '[x] ' : '[ ] '))],
  ['decisionList', (list, depth) => items(list, depth, () => '- ')],
  ['expand', titled],
  ['nestedExpand', titled],
  ['table', ({ content }, depth) => joined(content, depth, row)],
  ['mediaSingle', ({ content }, depth) => blocks(content, depth, '\n')],
  ['mediaGroup', ({ content }, depth) => blocks(content, depth, '\n')],
])

/** Never throws: of an unknown node the content is shown; anything but a document is an empty text. */
export function adfText(document: unknown): string {
  if (typeof document === 'string') return document
  return blocks([document], 0, '\n\n').replace(/^\n+/, '').trimEnd()
}

/** Adjacent inline nodes make one block. */
function blocks(content: readonly unknown[], depth: number, gap: string): string {
  if (depth > DEEPEST) return ''
  const parts: string[] = []
  let line: Node[] = []
  const endLine = (): void => {
    parts.push(inline(line, depth))
    line = []
  }
  for (const node of nodesOf(content)) {
    if (isInline(node)) {
      line.push(node)
      continue
    }
    endLine()
    parts.push(block(node, depth + 1, gap))
  }
  endLine()
  return parts.filter((part) => part.trim() !== '').join(gap)
}

function block(node: Node, depth: number, gap: string): string {
  const show = BLOCKS.get(node.type)
  if (show !== undefined) return show(node, depth)
  return LEAVES.get(node.type)?.(node) ?? blocks(node.content, depth, gap)
}

function isInline({ type, text, attrs, content }: Node): boolean {
  if (BLOCKS.has(type) || ALONE.has(type)) return false
  return LEAVES.has(type) || text !== '' || (content.length === 0 && textIn(attrs.text) !== '')
}

/** Adds the URL of a link unless the text shows it; a link may be split into several nodes. */
function inline(content: readonly unknown[], depth: number): string {
  if (depth > DEEPEST) return ''
  let all = ''
  let linked = { href: '', text: '' }
  const endLink = (): void => {
    const { href, text } = linked
    all += href === '' || text.includes(href) || `mailto:${text}` === href ? text : `${text} (${href})`
  }
  for (const node of nodesOf(content)) {
    const href = hrefOf(node)
    if (href !== linked.href) {
      endLink()
      linked = { href, text: '' }
    }
    linked.text += leaf(node, depth)
  }
  endLink()
  return all
}

function leaf(node: Node, depth: number): string {
  const show = LEAVES.get(node.type)
  if (show !== undefined) return show(node)
  return node.content.length > 0 ? inline(node.content, depth + 1) : node.text || textIn(node.attrs.text)
}

function items(list: Node, depth: number, mark: (index: number, item: Node) => string): string {
  let index = 0
  return joined(list.content, depth, (node, deeper) => {
    // A list of tasks holds its inner lists beside the tasks, not in them.
    if (/list$/i.test(node.type)) return marked('  ', block(node, deeper, '\n'))
    return marked(mark(index++, node), blocks(node.content, deeper, '\n'))
  })
}

function row({ content }: Node, depth: number): string {
  return nodesOf(content)
    .map((cell) => unbroken(blocks(cell.content, depth, ' ')))
    .join(' | ')
}

function titled({ attrs, content }: Node, depth: number): string {
  return [textIn(attrs.title), blocks(content, depth, '\n\n')].filter((part) => part !== '').join('\n\n')
}

function joined(content: readonly unknown[], depth: number, show: (node: Node, depth: number) => string): string {
  if (depth > DEEPEST) return ''
  return nodesOf(content)
    .map((node) => show(node, depth + 1))
    .filter((part) => part.trim() !== '')
    .join('\n')
}

/** Puts a mark before the text, and `others` (by default as many spaces) before its other lines. */
function marked(mark: string, text: string, others = ' '.repeat(mark.length)): string {
  if (text === '') return ''
  return text
    .split('\n')
    .map((line, index) => `${index === 0 ? mark : others}${line}`.trimEnd())
    .join('\n')
}

function nodesOf(content: readonly unknown[]): Node[] {
  return content.flatMap((value) => {
    if (!isRecord(value)) return []
    const { type, text, attrs, content, marks } = value
    return [
      {
        type: textIn(type),
        text: textIn(text),
        attrs: isRecord(attrs) ? attrs : {},
        content: Array.isArray(content) ? content : [],
        marks: Array.isArray(marks) ? marks : [],
      },
    ]
  })
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function hrefOf({ marks }: Node): string {
  const link = marks.find((mark) => isRecord(mark) && mark.type === 'link')
  return isRecord(link) && isRecord(link.attrs) ? textIn(link.attrs.href) : ''
}

function cardAddress({ url, data }: Node['attrs']): string {
  return textIn(url) || (isRecord(data) ? textIn(data.url) || textIn(data.name) : '')
}

/** `alt` is the file's name if JIRA knows it; an id alone would not help a reader. */
function mediaName({ alt, url }: Node['attrs']): string {
  return bracketed(textIn(alt) || textIn(url) || 'attachment')
}

function bracketed(text: string): string {
  return text === '' ? '' : `[${text}]`
}

/** Milliseconds since 1970, as a text, mean a day in UTC. */
function day(timestamp: unknown): string {
  const at = new Date(Number(timestamp))
  return timestamp === undefined || Number.isNaN(at.getTime()) ? '' : at.toISOString().slice(0, 10)
}

function headingMark(level: unknown): string {
  return `${'#'.repeat(typeof level === 'number' && level >= 1 && level <= 6 ? level : 1)} `
}

function firstNumber(order: unknown): number {
  return typeof order === 'number' && Number.isSafeInteger(order) && order >= 0 ? order : 1
}

function textIn(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function unbroken(text: string): string {
  return text.replace(/\s+/g, ' ').trim()
}
