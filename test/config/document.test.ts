// biome-ignore-all lint/suspicious/noTemplateCurlyInString: it is the syntax of the configuration
import t from 'tap'
import { readDocument } from '../../src/config/document.ts'
import { problems } from './loading.ts'

const INVALID = 'the file is not valid YAML'

const SYNTAX: readonly { name: string; yaml: string; lines: readonly string[] }[] = [
  {
    name: 'a key that is set twice',
    yaml: 'server:\n  port: 1\n  port: 2\nserver: {}\n',
    lines: ['3:3 server.port is set twice; the first is on line 2', '4:1 server is set twice; the first is on line 1'],
  },
  {
    name: 'an integration that is set twice',
    yaml: 'integrations:\n  a: { type: bell }\n  a: { type: bell }\n',
    lines: ['3:3 integrations.a is set twice; the first is on line 2'],
  },
  {
    name: 'several documents',
    yaml: 'server: {}\n---\nserver: {}\n',
    lines: ['2:1 the file must hold one YAML document; this begins another'],
  },
  {
    name: 'a tag that makes a function',
    yaml: 'server: !!js/function "x"\n',
    lines: ['1:9 the file is not valid YAML: tags are not allowed'],
  },
  {
    name: 'a tag that makes bytes',
    yaml: 'server:\n  host: !!binary aGk=\n',
    lines: ['2:18 server.host must not have a tag'],
  },
  {
    name: 'YAML 1.1, in which "no" is false',
    yaml: '%YAML 1.1\n---\nserver: {}\n',
    lines: ['1:1 the file must be YAML 1.2'],
  },
  { name: 'an alias without an anchor', yaml: 'server: *x\n', lines: ['1:9 server is an alias without an anchor'] },
  {
    name: 'a tab',
    yaml: 'server:\n\tport: 1\n',
    lines: ['2:1 the file is not valid YAML: indent with spaces, not with tabs'],
  },
  {
    name: 'an indentation that matches no line before',
    yaml: 'server:\n    port: 1\n  host: x\n',
    lines: ['3:3 the file is not valid YAML: the indentation does not match the lines before'],
  },
  {
    name: 'a variable in a list without quotes',
    yaml: 'projects:\n  - { id: a, secrets: [${S}] }\n',
    lines: [
      '2:25 the file is not valid YAML: a closing quote or bracket, a colon, a comma, or a space after one is missing; within [ ] or { } a ${NAME} must be in quotes',
    ],
  },
  {
    name: 'a blank too many after a comment',
    yaml: 'server:\n  host: x # y: z\n\n  # why\n   port: 1\n',
    lines: [`5:4 ${INVALID}: the indentation does not match the lines before`],
  },
  {
    name: 'a blank too many',
    yaml: 'server:\n  host: x\n\n   port: 1\n',
    lines: [`4:4 ${INVALID}: this line is indented deeper than the setting on line 2, which has a value already`],
  },
  {
    name: 'a blank too many in a list',
    yaml: 'projects:\n  - id: a\n     secret: b\nserver: {}\n',
    lines: [`3:6 ${INVALID}: this line is indented deeper than the setting on line 2, which has a value already`],
  },
  {
    name: 'two colons in a line',
    yaml: 'server:\n  host: a: b\n    c: d\n',
    lines: [`2:9 ${INVALID}: a list or map must begin on a line of its own`],
  },
  {
    name: 'a quote that is not closed anywhere',
    yaml: "projects:\n  - id: 'a\n    secret: b\nserver: {}\n",
    lines: [`2:9 ${INVALID}: the quote that is opened here is not closed`],
  },
  {
    name: 'a quote that another one closes',
    yaml: 'server:\n  public_url:\n    "http://x\n    host: "y"\nlog: {}\n',
    lines: [`3:5 ${INVALID}: the quote that is opened here is closed only on line 4`],
  },
  {
    name: 'a quote that is not closed before the next setting',
    yaml: 'server:\n  public_url: "http://x\n  host: "y"\nlog: {}\n',
    lines: [`2:15 ${INVALID}: the quote that is opened here is not closed`],
  },
  {
    name: 'a bracket that is not closed',
    yaml: 'projects:\n  - id: a\n    integrations: [b, c\n    secret: d\nserver: {}\n',
    lines: [`3:19 ${INVALID}: the bracket that is opened here is not closed`],
  },
  {
    name: 'a merge key, and nothing that it would have brought',
    yaml: 'integrations:\n  a: &a { type: bell }\n  b:\n    <<: *a\n  c: { <<: *a, type: bell }\n',
    lines: [
      '4:5 integrations.b.<< is a YAML merge key, which is not supported: write the settings out',
      '5:8 integrations.c.<< is a YAML merge key, which is not supported: write the settings out',
    ],
  },
  {
    name: 'a list as a key',
    yaml: 'server: { [a]: 1 }\n',
    lines: ['1:11 server has a setting whose name is not plain text'],
  },
]

for (const { name, yaml, lines } of SYNTAX)
  t.test(`is reported with its position: ${name}`, async (t) => {
    t.strictSame(problems(yaml), lines)
  })

t.test('the core types of YAML need no tag, and may have one', async (t) => {
  const { value, problems } = readDocument('a: !!str 1\nb: 0x10\nc: yes\nd: "\\u00e9"\ne: ~\nf: |\n  x\n  y\n', {})
  t.strictSame([value, problems], [{ a: '1', b: 16, c: 'yes', d: 'é', e: null, f: 'x\ny\n' }, []])
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
  { name: 'brackets that are never closed', yaml: '['.repeat(200_000), line: /nested deeper than 64 levels$/ },
  { name: 'braces that are never closed', yaml: '{a: '.repeat(50_000), line: /nested deeper than 64 levels$/ },
  {
    name: 'deep brackets that are all closed',
    yaml: `${'['.repeat(100)}${']'.repeat(100)}`,
    line: /nested deeper than 64 levels$/,
  },
  { name: 'lists of lists on one line', yaml: '- '.repeat(100_000), line: /nested deeper than 64 levels$/ },
  {
    name: 'a deep staircase of maps',
    yaml: Array.from({ length: 100 }, (_, step) => `${' '.repeat(step)}a:\n`).join(''),
    line: /nested deeper than 64 levels$/,
  },
  { name: 'a very long file', yaml: `# ${'x'.repeat(300_000)}`, line: /longer than 262144 characters$/ },
  { name: 'an error in every line', yaml: 'a: [\n'.repeat(40_000), line: /nested|bracket/ },
]

for (const { name, yaml, line } of BOMBS)
  t.test(`is refused in bounded time: ${name}`, { timeout: 60_000 }, async (t) => {
    const { value, problems } = readDocument(yaml, {})
    t.equal(value, undefined)
    t.ok(problems.length > 0 && problems.length <= 20, `${problems.length} problems`)
    t.match(problems.at(0)?.message, line)
  })
