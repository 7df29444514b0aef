import { resolve } from 'node:path'
import t from 'tap'
import type { Connector } from '../../src/connectors/contract/connector.ts'
import { createShelf } from '../imports/shelf.ts'
import { FAKES } from './fakes.ts'
import { load, problems, secretsOf, warnings } from './loading.ts'

const connectors: readonly Connector[] = [...FAKES, createShelf().connector, createShelf('always', false).connector]

const yaml = (settings: string, own = 'type: shelf, row: top'): string =>
  `projects: [{ id: a, secret: long-enough-for-all }]\nintegrations:\n  a: { ${own}, import: ${settings} }\n`

t.test('the import of an integration is loaded with every default filled in', async (t) => {
  const { config } = load(yaml('{ public: true }'), { connectors })
  t.strictSame(config.imports, { folder: resolve('config/data/imports') })
  t.strictSame(config.integrations[0]?.common.import, {
    public: true,
    cache_seconds: 60,
    stale_seconds: 86_400,
    exclude_linked: true,
  })
  t.strictSame(config.integrations[0]?.settings, { row: 'top' })
  const full = load(
    yaml(
      '{ username: tracker, password: "töp:secret", story_type: bug, types: { Story: feature, "New Feature": feature } }',
    ),
    { connectors },
  )
  t.match(full.config.integrations[0]?.common.import, {
    username: 'tracker',
    password: 'töp:secret',
    story_type: 'bug',
    types: { Story: 'feature', 'New Feature': 'feature' },
    public: false,
  })
})

t.test('an import without a way in, or with half of a login, is a problem', async (t) => {
  const of = (settings: string): readonly string[] => problems(yaml(settings), { connectors })
  const at = '3:41 integrations.a.import'
  t.strictSame(of('{}'), [
    '3:31 integrations.a.import.username is missing; set username and password, a secret, or public: true',
  ])
  t.strictSame(of('{ public: false }').length, 1)
  t.strictSame(of('{ username: tracker }'), [
    '3:31 integrations.a.import.password is missing; it must be set together with username',
  ])
  t.strictSame(of('{ password: long-enough }'), [
    '3:31 integrations.a.import.username is missing; it must be set together with password',
  ])
  t.strictSame(of('{ secrets: [abcd], secret: abcd }'), [
    `${at}.secrets must be left out when there is a secret (found both)`,
  ])
  t.strictSame(of('{ public: true, secret: abcd }'), [
    `${at}.public must be left out when there is a login or a secret (found both)`,
  ])
  t.strictSame(of('{ public: true, secrt: abcd }').length, 1, 'only the misspelt name')
})

t.test('an import without a source is a problem that names the missing setting', async (t) => {
  t.strictSame(problems(yaml('{ public: true }', 'type: shelf'), { connectors }), [
    '3:3 integrations.a.row is missing; it says which tickets to import',
  ])
  t.strictSame(problems(yaml('{ public: true }', 'type: bell'), { connectors }), [
    '3:20 integrations.a.import must be left out: A bell does not have tickets to import',
  ])
  t.strictSame(problems(yaml('{ public: true }', 'type: always'), { connectors }), [])
})

t.test('wrong values of an import are reported with what is expected', async (t) => {
  t.strictSame(
    problems(yaml('{ public: true, types: { Bug: bugg }, cache_seconds: -1, username: "a:b" }'), { connectors }),
    [
      '3:69 integrations.a.import.types.Bug must be one of "feature", "bug", "chore", "release" (found "bugg"); did you mean "bug"?',
      '3:92 integrations.a.import.cache_seconds must be a whole number from 0 to 86400 (found -1)',
      '3:106 integrations.a.import.username must be text without colons and control characters, at most 200 characters (found "a:b")',
    ],
  )
})

t.test('an integration may be used for its import alone, but a short secret causes a warning', async (t) => {
  const short = 'is shorter than 16 characters, although nothing else protects a URL that other machines can reach'
  const open = (settings: string): readonly string[] =>
    warnings(`server: { host: 0.0.0.0 }\n${yaml(settings)}`, { connectors })
  t.strictSame(open('{ secret: long-enough-for-all }'), [])
  t.strictSame(open('{ secret: abcd }'), [`4:49 integrations.a.import.secret ${short}`])
  t.strictSame(open('{ secrets: [long-enough-for-all, abcd] }'), [`4:72 integrations.a.import.secrets[1] ${short}`])
  t.strictSame(open('{ username: u, password: abcd }'), [`4:64 integrations.a.import.password ${short}`])
  t.strictSame(warnings(yaml('{ secret: abcd }'), { connectors }), [], 'no warning if only this machine can reach it')
})

t.test('the secrets of an import are among those of its integration', async (t) => {
  const { config } = load(
    yaml('{ username: tracker, password: the-password, secrets: [the-first-secret, the-second] }'),
    {
      connectors,
    },
  )
  t.strictSame(secretsOf(config), ['the-first-secret', 'the-password', 'the-second'])
})
