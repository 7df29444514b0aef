// biome-ignore-all lint/suspicious/noTemplateCurlyInString: it is the syntax of the configuration
import t from 'tap'
import { readDocument } from '../../src/config/document.ts'
import { problems } from './loading.ts'

const SYNTAX: readonly { name: string; yaml: string; lines: readonly string[] }[] = [
  {
    name: 'a key that is there twice',
    yaml: 'server:\n  port: 1\n  port: 2\nserver: {}\n',
    lines: ['3:3 server.port: given twice; the first is on line 2', '4:1 server: given twice; the first is on line 1'],
  },
  {
    name: 'an integration that is there twice',
    yaml: 'integrations:\n  a: { type: bell }\n  a: { type: bell }\n',
    lines: ['3:3 integrations.a: given twice; the first is on line 2'],
  },
  {
    name: 'several documents',
    yaml: 'server: {}\n---\nserver: {}\n',
    lines: ['2:1 the file must hold one YAML document, this begins another'],
  },
  { name: 'a tag that makes a function', yaml: 'server: !!js/function "x"\n', lines: ['1:9 tags are not allowed'] },
  {
    name: 'a tag that makes bytes',
    yaml: 'server:\n  host: !!binary aGk=\n',
    lines: ['2:18 server.host: tags are not allowed'],
  },
  {
    name: 'another YAML, in which no is false',
    yaml: '%YAML 1.1\n---\nserver: {}\n',
    lines: ['1:1 the file must be YAML 1.2'],
  },
  { name: 'an alias of nothing', yaml: 'server: *x\n', lines: ['1:9 server: this alias has no anchor'] },
  { name: 'a tab', yaml: 'server:\n\tport: 1\n', lines: ['2:1 indent with blanks, not with tabs'] },
  {
    name: 'an indentation that fits nothing',
    yaml: 'server:\n    port: 1\n  host: x\n',
    lines: ['3:1 the indentation does not fit the lines before'],
  },
  {
    name: 'a variable in a list without quotes',
    yaml: 'projects:\n  - { id: a, secrets: [${S}] }\n',
    lines: [
      '2:25 a character is missing: a closing quote or bracket, a colon, a comma, or a blank after one; within [ ] or { } a ${NAME} must be in quotes',
    ],
  },
  {
    name: 'a list as a key',
    yaml: 'server: { [a]: 1 }\n',
    lines: ['1:11 server: the name of a setting must be plain text'],
  },
]

for (const { name, yaml, lines } of SYNTAX)
  t.test(`is refused with its place: ${name}`, async (t) => {
    t.strictSame(problems(yaml), lines)
  })

t.test('what the core of YAML knows needs no tag and takes one', async (t) => {
  const { value, mistakes } = readDocument('a: !!str 1\nb: 0x10\nc: yes\nd: "\\u00e9"\ne: ~\nf: |\n  x\n  y\n', {})
  t.strictSame([value, mistakes], [{ a: '1', b: 16, c: 'yes', d: 'é', e: null, f: 'x\ny\n' }, []])
})

function laughs(): string {
  const names = 'abcdefghij'.split('')
  const nine = (alias: string): string => Array.from({ length: 9 }, () => alias).join(', ')
  return names
    .map((name, index) => `${name}: &${name} [${index === 0 ? nine('lol') : nine(`*${names[index - 1]}`)}]\n`)
    .join('')
}

const BOMBS: readonly { name: string; yaml: string; line: RegExp }[] = [
  { name: 'aliases of aliases of aliases', yaml: laughs(), line: /aliases that unfold to more than 10000 values$/ },
  { name: 'an alias within itself', yaml: 'server: &x { a: *x }\n', line: /nested deeper than 64 levels$/ },
  { name: 'brackets without end', yaml: '['.repeat(200_000), line: /nested deeper than 64 levels$/ },
  { name: 'braces without end', yaml: '{a: '.repeat(50_000), line: /nested deeper than 64 levels$/ },
  {
    name: 'brackets that all close',
    yaml: `${'['.repeat(100)}${']'.repeat(100)}`,
    line: /nested deeper than 64 levels$/,
  },
  { name: 'lists of lists on one line', yaml: '- '.repeat(100_000), line: /nested deeper than 64 levels$/ },
  {
    name: 'stairs',
    yaml: Array.from({ length: 100 }, (_, step) => `${' '.repeat(step)}a:\n`).join(''),
    line: /nested deeper than 64 levels$/,
  },
  { name: 'a very long file', yaml: `# ${'x'.repeat(300_000)}`, line: /longer than 262144 characters$/ },
  { name: 'an error in every line', yaml: 'a: [\n'.repeat(40_000), line: /nested|indentation/ },
]

for (const { name, yaml, line } of BOMBS)
  t.test(`is refused in bounded work: ${name}`, { timeout: 60_000 }, async (t) => {
    const { value, mistakes } = readDocument(yaml, {})
    t.equal(value, undefined)
    t.ok(mistakes.length > 0 && mistakes.length <= 20, `${mistakes.length} mistakes`)
    t.match(mistakes.at(0)?.message, line)
  })
