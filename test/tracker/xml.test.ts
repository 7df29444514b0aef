import { readdirSync, readFileSync } from 'node:fs'
import { XMLParser } from 'fast-xml-parser'
import t from 'tap'
import { type Element, parseXml } from '../../src/tracker/xml.ts'

/** An independent reader, for what both take; it is told to decode the five entities and numbers alone. */
const reference = new XMLParser({
  ignoreAttributes: true,
  ignoreDeclaration: true,
  parseTagValue: false,
  trimValues: false,
  processEntities: { enabled: true, maxTotalExpansions: 100_000, maxEntityCount: 100_000 },
  htmlEntities: true,
})

/** What fast-xml-parser keeps of the white space between elements is of no interest. */
function withoutBlanks(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutBlanks)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => name !== '#text')
      .map(([name, inner]) => [name, withoutBlanks(inner)]),
  )
}

t.test('every recorded body is read as an independent parser reads it', async (t) => {
  const names = readdirSync('test/activities').filter((name) => name.endsWith('.in.xml'))
  t.ok(names.length > 25)
  for (const name of names) {
    // The other parser leaves the halves of a surrogate pair apart.
    const text = readFileSync(`test/activities/${name}`, 'utf8')
      .replace(/^\ufeff/, '')
      .replaceAll('&#55357;&#56832;', '&#128512;')
    const { root, element } = parseXml(text)
    t.strictSame(withoutBlanks({ [root]: element }), withoutBlanks(reference.parse(text)), name)
  }
})

t.test('ends of lines become line feeds, and a carriage return that was written as a reference stays', async (t) => {
  const { element } = parseXml('<a><b>one\r\ntwo\rthree&#13;\nfour</b><c><![CDATA[x\r\ny]]></c></a>')
  const { b, c } = element as Element
  t.strictSame([b, c], ['one\ntwo\nthree\r\nfour', 'x\ny'])
})

t.test('one is itself, several are a list, and a list does not swallow what looks like one', async (t) => {
  const read = (text: string) => JSON.parse(JSON.stringify(parseXml(text).element)) as unknown
  t.strictSame(read('<a><b>1</b></a>'), { b: '1' })
  t.strictSame(read('<a><b>1</b><c/><b>2</b><b/></a>'), { b: ['1', '2', ''], c: '' })
  t.strictSame(read('<a>x<b><d>1</d></b>y<b>2</b></a>'), { b: [{ d: '1' }, '2'] })
  t.strictSame(read('<a> </a>'), ' ')
})
