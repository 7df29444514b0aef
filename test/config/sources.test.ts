import t from 'tap'
import { relaySchema } from '../../src/config/json-schema.ts'
import { configurationReference } from '../../src/config/reference.ts'
import { secretsOf } from '../../src/config/secrets.ts'
import { shownConfig } from '../../src/config/shown.ts'
import { beacon } from '../sources/beacon.ts'
import { load, problems } from './loading.ts'

const SOURCES = { sources: [beacon] }

const project = (source: string): string => `projects:
  - id: bridge
    secret: a-secret-of-the-bridge
${source}
`

t.test("a project's stories are in Tracker unless it names another source", async (t) => {
  for (const source of ['', '    source: tracker', '    source: { type: tracker }']) {
    const [found] = load(project(source), SOURCES).config.projects
    t.equal(found?.source, undefined)
    t.equal(found?.story_url, 'https://www.pivotaltracker.com/story/show/{id}')
  }
  const [found] = load(project('    source: { type: beacon, signing_secret: hailing-frequencies }'), SOURCES).config
    .projects
  t.match(found?.source, { type: 'beacon', settings: { signing_secret: 'hailing-frequencies' }, configured: {} })
  t.equal(found?.story_url, null, 'the tool sends the links')
})

t.test('what is wrong with a source is told with its place', async (t) => {
  t.strictSame(problems(project('    source: beakon'), SOURCES), [
    '4:5 projects[0].source.type must be one of "tracker", "beacon" (found "beakon"); did you mean "beacon"?',
  ])
  t.strictSame(problems(project('    source: { signing_secret: x }'), SOURCES), [
    '4:5 projects[0].source.type is missing; it must be one of "tracker", "beacon"',
  ])
  t.strictSame(problems(project('    source: beacon'), SOURCES), ['4:5 projects[0].source.signing_secret is missing'])
  t.strictSame(problems(project('    source: { type: beacon, signing_secrets: [short], colour: red }'), SOURCES), [
    '4:47 projects[0].source.signing_secrets[0] must be text of at least 8 characters (found text that is not shown)',
    '4:55 projects[0].source.colour is not a known setting; the settings here are: signing_secret, signing_secrets, type',
  ])
  t.strictSame(
    problems(
      project(
        '    source: { type: beacon, signing_secret: hailing-frequencies }\n    tracker: { token: a-token-of-tracker }',
      ),
      SOURCES,
    ),
    ['5:5 projects[0].tracker must be left out: the stories are in Beacon'],
  )
  t.strictSame(problems(project('    source: 7'), SOURCES), [
    '4:13 projects[0].source must be a map of settings, as in "name: value" (found 7)',
  ])
})

t.test("a source's secrets can be files and variables, and are never shown", async (t) => {
  const yaml = project(`    source: { type: beacon, signing_secrets: ["file:new.txt", "\${OLD}"] }`)
  const { config } = load(yaml, {
    ...SOURCES,
    files: { 'config/new.txt': 'the-new-signing-secret' },
    environment: { OLD: 'the-old-signing-secret' },
  })
  t.match(config.projects[0]?.source?.settings, {
    signing_secrets: ['the-new-signing-secret', 'the-old-signing-secret'],
  })
  t.ok(secretsOf(config).includes('the-old-signing-secret'))
  const shown = JSON.stringify(shownConfig(config, (text) => text))
  t.notMatch(shown, /signing-secret"/)
  t.match(JSON.parse(shown), { projects: [{ source: { type: 'beacon', signing_secrets: ['[secret]', '[secret]'] } }] })
})

t.test('editors and the reference know the settings of each source', async (t) => {
  const schema = JSON.stringify(relaySchema([], [beacon]))
  t.match(schema, /"enum":\["tracker","beacon"\]/)
  t.match(schema, /signing_secrets/)
  t.match(configurationReference([], [beacon]), /`source\.signing_secret` \| secret, at least 8 characters/)
})
