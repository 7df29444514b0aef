import {
  Composer,
  type CST,
  type Document,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  Parser,
  type Scalar,
  type YAMLError,
} from 'yaml'
import { type Path, pointer } from './path.ts'
import { type ConfigProblem, problemWith, type Tell } from './problem.ts'
import { type Environment, type Substituted, substitute } from './substitute.ts'

export interface Written {
  /** Plain values, undefined if the file cannot be read as YAML; aliases are copied, so that each can be changed. */
  readonly value: unknown
  readonly problems: readonly ConfigProblem[]
  /** A setting that is not in the file gets the position of the nearest setting around it. */
  readonly tell: Tell
  /** What became of the variables in the value. */
  substituted(path: Path): Substituted | undefined
  /** The value as it is written in the file, for a number whose digits matter. */
  source(path: Path): string | undefined
}

interface Cause {
  readonly offset: number
  readonly says: string
}

// A file beyond these limits is a mistake or an attack. 256 KiB are parsed in a second or two.
const LONGEST = 262_144
const MOST_ALIASED = 10_000
const DEEPEST = 64
const MOST_ERRORS = 20
const TOO_DEEP = `is nested deeper than ${DEEPEST} levels`

/** The yaml library reads YAML 1.2, which has no merge keys any more: to it they are settings of that name. */
export const MERGE_KEY = '<<'

const CORE_TAG = /^(!|tag:yaml\.org,2002:(str|int|float|bool|null|map|seq))$/

// Instead of the library's own messages, which can quote the text and so a secret.
const SYNTAX: Readonly<Record<string, string>> = {
  ALIAS_PROPS: 'an alias cannot have an anchor or a tag',
  BAD_ALIAS: 'text that begins with "*" or "&" must be in quotes',
  BAD_COLLECTION_TYPE: 'the tag does not fit the value after it',
  BAD_DIRECTIVE: 'this directive is not known',
  BAD_DQ_ESCAPE: 'double quotes do not know this escape; in single quotes a backslash needs none',
  BAD_INDENT: 'the indentation does not match the lines before',
  BAD_PROP_ORDER: 'anchors and tags must stand right before the value',
  BAD_SCALAR_START: 'text that begins with this character must be in quotes',
  BLOCK_AS_IMPLICIT_KEY: 'a list or map must begin on a line of its own',
  BLOCK_IN_FLOW: 'a list or map within [ ] or { } must have brackets too',
  KEY_OVER_1024_CHARS: 'the key is too long',
  MISSING_CHAR: 'a closing quote or bracket, a colon, a comma, or a space after one is missing',
  MULTILINE_IMPLICIT_KEY: 'a key must be on one line; is a colon missing, or the indentation wrong?',
  MULTIPLE_ANCHORS: 'only one anchor is allowed',
  MULTIPLE_TAGS: 'only one tag is allowed',
  TAB_AS_INDENT: 'indent with spaces, not with tabs',
  TAG_RESOLVE_FAILED: 'tags are not allowed',
  UNEXPECTED_TOKEN: 'text with special characters must be in quotes',
}

/** Reads YAML 1.2, replaces the variables in its texts, and remembers the place of each value. Never throws. */
export function readDocument(text: string, environment: Environment): Written {
  const lines = new LineCounter()
  const problems: ConfigProblem[] = []
  const keys = new Map<string, number>()
  const values = new Map<string, number>()
  const variables = new Map<string, Substituted>()
  const sources = new Map<string, string>()
  let tokens: readonly CST.Token[] = []

  const positionOf = (offset: number): ConfigProblem['position'] => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(1, line), column: Math.max(1, col) }
  }
  const refuse = (offset: number, path: Path, says: string): undefined => {
    problems.push(problemWith(path, positionOf(offset), { says }))
    return undefined
  }
  const value = read()
  const nearest = (places: readonly Map<string, number>[], path: Path): number => {
    for (let length = path.length; length >= 0; length -= 1) {
      const key = pointer(path.slice(0, length))
      // For a setting that is not there, the key of the map around it, or the entry of the list, is the place.
      for (const map of length === path.length ? places : [keys, values]) {
        const offset = map.get(key)
        if (offset !== undefined) return offset
      }
    }
    return 0
  }
  return {
    value,
    problems,
    tell: (path, details, at) => {
      const isOfKey = at === 'key' || (details.says === undefined && (details.found ?? null) === null)
      const offset = nearest(isOfKey ? [keys, values] : [values, keys], path)
      return problemWith(path, positionOf(offset), details)
    },
    substituted: (path) => variables.get(pointer(path)),
    source: (path) => sources.get(pointer(path)),
  }

  function read(): unknown {
    if (text.length > LONGEST) return refuse(0, [], `is longer than ${LONGEST} characters`)
    const documents = parse()
    if (documents === null) return undefined
    const [document, second] = documents
    if (document === undefined) return refuse(0, [], 'is empty')
    const errors = documents.flatMap((one) => [...one.errors, ...one.warnings])
    for (const { offset, says } of causesOf(errors)) refuse(offset, [], says)
    if (second !== undefined) refuse(second.range[0], [], 'must hold one YAML document; this begins another')
    if (document.directives?.yaml.explicit === true && document.directives.yaml.version !== '1.2')
      refuse(0, [], 'must be YAML 1.2')
    if (problems.length > 0) return undefined
    if (document.contents === null || (isScalar(document.contents) && document.contents.value === null))
      return refuse(0, [], 'is empty')
    let aliased = 0
    const root = document
    let hopeless = false
    const result = convert(root.contents, [], false)
    return hopeless ? undefined : result

    function convert(node: Node | null, path: Path, inAlias: boolean): unknown {
      if (inAlias) aliased += 1
      if (hopeless) return undefined
      if (node === null) return null
      const offset = node.range?.[0] ?? 0
      if (aliased > MOST_ALIASED || path.length > DEEPEST) {
        hopeless = true
        const says = path.length > DEEPEST ? TOO_DEEP : `has aliases that unfold to more than ${MOST_ALIASED} values`
        return refuse(offset, path.slice(0, 2), says)
      }
      values.set(pointer(path), offset)
      if (isAlias(node)) {
        const target = node.resolve(root)
        return target === undefined
          ? refuse(offset, path, 'is an alias without an anchor')
          : convert(target, path, true)
      }
      if (node.tag !== undefined && !CORE_TAG.test(node.tag)) return refuse(offset, path, 'must not have a tag')
      if (isSeq(node)) return node.items.map((item, index) => convert(item as Node | null, [...path, index], inAlias))
      if (isMap(node)) return convertMap(node.items, path, inAlias)
      return isScalar(node) ? convertScalar(node, path, offset) : null
    }

    function convertMap(items: readonly unknown[], path: Path, inAlias: boolean): Record<string, unknown> {
      const result: Record<string, unknown> = {}
      for (const item of items) {
        if (!isPair(item)) continue
        const key = item.key
        if (!isScalar(key)) {
          refuse((key as Node | null)?.range?.[0] ?? 0, path, 'has a setting whose name is not plain text')
          continue
        }
        const name = typeof key.value === 'string' ? key.value : (key.source ?? String(key.value))
        const below = [...path, name]
        if (name === MERGE_KEY) {
          refuse(key.range?.[0] ?? 0, below, 'is a YAML merge key, which is not supported: write the settings out')
          continue
        }
        const offset = key.range?.[0] ?? 0
        if (Object.hasOwn(result, name)) {
          const first = lines.linePos(keys.get(pointer(below)) ?? 0).line
          refuse(offset, below, `is set twice; the first is on line ${first}`)
          continue
        }
        keys.set(pointer(below), offset)
        const converted = convert(item.value as Node | null, below, inAlias)
        if (variables.get(pointer(below))?.leftOut === true) continue
        // Not by assignment: the key may be "__proto__".
        Object.defineProperty(result, name, { value: converted, enumerable: true, writable: true, configurable: true })
      }
      return result
    }

    function convertScalar(node: Scalar, path: Path, offset: number): unknown {
      if (typeof node.value !== 'string') {
        if (node.source !== undefined) sources.set(pointer(path), node.source)
        return typeof node.value === 'bigint' ? Number(node.value) : node.value
      }
      if (!node.value.includes('${')) return node.value
      const result = substitute(node.value, environment)
      variables.set(pointer(path), result)
      for (const details of result.details) problems.push(problemWith(path, positionOf(offset), details))
      return result.text
    }
  }

  /** One wrong bracket or blank can cause an error in every line after it, and what is wrong may be lines before. */
  function causesOf(errors: readonly YAMLError[]): readonly Cause[] {
    const opened = openings()
    const causes = new Map<number, Cause>()
    for (const { code, pos } of firstOfEachLine(errors)) {
      const offset = code === 'BAD_INDENT' ? contentAt(pos[0]) : pos[0]
      const cause = opened.findLast((one) => one.reaches(offset)) ?? tooDeepAfter(code, offset)
      const { line } = lines.linePos(cause?.offset ?? offset)
      if (!causes.has(line)) causes.set(line, cause ?? { offset, says: syntaxMessage(code, offset) })
    }
    return [...causes.values()]
  }

  /** Past empty lines and comments. */
  function contentAt(offset: number): number {
    return offset + (/^(?:[ \t]*(?:#[^\r\n]*)?\r?\n)* */.exec(text.slice(offset))?.[0].length ?? 0)
  }

  function firstOfEachLine(errors: readonly YAMLError[]): readonly YAMLError[] {
    const byLine = new Map<number, YAMLError>()
    for (const error of errors) {
      const { line } = lines.linePos(error.pos[0])
      if (!byLine.has(line)) byLine.set(line, error)
    }
    return [...byLine.values()].slice(0, MOST_ERRORS)
  }

  /**
   * What may be opened by mistake, and so cause errors further down: a bracket that is not closed, and a quote that ends
   * lines below, where another one opens.
   */
  function openings(): readonly (Cause & { reaches(offset: number): boolean })[] {
    const found: (Cause & { reaches(offset: number): boolean })[] = []
    for (const { token } of tokensIn(tokens)) {
      if (!('offset' in token)) continue
      const { offset } = token
      const { line } = lines.linePos(offset)
      if (token.type === 'double-quoted-scalar' || token.type === 'single-quoted-scalar') {
        const { source } = token
        const closed = lines.linePos(offset + source.length).line
        const isOpen = source.length < 2 || !source.endsWith(source.charAt(0))
        if (closed === line && !isOpen) continue
        const says = `is not valid YAML: the quote that is opened here is ${isOpen ? 'not closed' : `closed only on line ${closed}`}`
        found.push({ offset, says, reaches: (at) => at > offset && lines.linePos(at).line <= closed })
      } else if (
        token.type === 'flow-collection' &&
        !token.end.some(({ type }) => /^flow-(?:map|seq)-end$/.test(type))
      ) {
        const says = 'is not valid YAML: the bracket that is opened here is not closed'
        found.push({ offset, says, reaches: (at) => lines.linePos(at).line > line })
      }
    }
    return found.sort((one, other) => one.offset - other.offset)
  }

  /** A line that is indented deeper than the setting before it is taken for more of that one's value. */
  function tooDeepAfter(code: string, offset: number): Cause | null {
    if (code !== 'BLOCK_AS_IMPLICIT_KEY' && code !== 'MULTILINE_IMPLICIT_KEY') return null
    const { line } = lines.linePos(offset)
    const before = text.slice(lines.lineStarts[line - 1] ?? 0, offset)
    // Not on this line: "a: b: c".
    const rest = text.slice(offset, lines.lineStarts[line] ?? text.length).replace(/\s#.*/s, '')
    if (/:(?:\s|$)/.test(rest)) return null
    for (let next = line; next < lines.lineStarts.length; next += 1) {
      const begin = lines.lineStarts[next] ?? 0
      const [, blanks = '', first] = /^( *)([^\r\n]?)/.exec(text.slice(begin)) ?? []
      if (first === '' || first === '#') continue
      const depth = /^[ -]*/.exec(before)?.[0].length ?? 0
      if (blanks.length <= depth) return null
      const says = `is not valid YAML: this line is indented deeper than the setting on line ${line}, which has a value already`
      return { offset: begin + blanks.length, says }
    }
    return null
  }

  function syntaxMessage(code: string, offset: number): string {
    const message = `is not valid YAML${code in SYNTAX ? `: ${SYNTAX[code]}` : ''}`
    const { line } = lines.linePos(offset)
    const begin = lines.lineStarts[line - 1] ?? 0
    const content = text.slice(begin, lines.lineStarts[line] ?? text.length)
    return content.includes('${') ? `${message}; within [ ] or { } a \${NAME} must be in quotes` : message
  }

  function parse(): readonly Document.Parsed[] | null {
    tokens = [...new Parser(lines.addNewLine).parse(text)]
    const deep = firstTooDeep(tokens)
    if (deep === null) return [...new Composer({ prettyErrors: false, uniqueKeys: false }).compose(tokens)]
    refuse(deep, [], TOO_DEEP)
    return null
  }
}

/**
 * The offset at which the nesting is too deep, or null. The code after this check recurses, and near the end of the
 * stack Node's regular expressions end the process instead of throwing.
 */
function firstTooDeep(tokens: readonly CST.Token[]): number | null {
  for (const { token, depth } of tokensIn(tokens)) if (depth > DEEPEST) return 'offset' in token ? token.offset : 0
  return null
}

function* tokensIn(tokens: readonly CST.Token[]): Generator<{ readonly token: CST.Token; readonly depth: number }> {
  const left = tokens.map((token) => ({ token, depth: 0 }))
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    yield next
    const { token, depth } = next
    const below =
      token.type === 'document'
        ? [token.value]
        : 'items' in token
          ? token.items.flatMap((item) => [item.key, item.value])
          : []
    for (const one of below) if (one !== null && one !== undefined) left.push({ token: one, depth: depth + 1 })
  }
}
