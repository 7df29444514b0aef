import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { openStore } from '../../src/store/store.ts'
import { MAIN, startRelayProcess } from '../gateway/relay-process.ts'
import { freshFolder, writeConfigAndDatabase } from '../gateway/running-relay.ts'
import { problemsOf } from '../imports/xmllint.ts'
import { tracker } from './command-line.ts'

// Each process takes seconds to start on a machine that is busy with other things.
t.setTimeout(300_000)

const CSV = `external_id,name,description,requested_by,created_at,type,estimate
17,More power to shields,"They hold for 3 minutes
& 2 seconds",James Kirk,2008-12-10T00:00:00Z,feature,3
18,Tribbles,,Montgomery Scott,,bug,
`

/** A folder with tickets in a file, and the config of a relay that shows them. */
async function tickets(
  t: Test,
  csv = CSV,
  settings: object = { public: true },
): Promise<{ folder: string; config: string }> {
  const folder = freshFolder(t)
  const file = join(folder, 'tickets.csv')
  writeFileSync(file, csv)
  const config = await writeConfigAndDatabase(folder, {
    integrations: {
      desk: { type: 'other', base_url: 'https://desk.example.com/', source: { csv: file }, import: settings },
      log: { type: 'log' },
    },
  })
  return { folder, config }
}

t.test('import prints the tickets as Tracker gets them, read afresh', async (t) => {
  const { folder, config } = await tickets(t)
  const ran = await tracker(['import', 'desk', '-c', config])
  t.strictSame(ran, {
    code: 0,
    stdout: `<?xml version="1.0" encoding="UTF-8"?>
<external_stories type="array">
  <external_story>
    <external_id>17</external_id>
    <name>More power to shields</name>
    <description>They hold for 3 minutes
&amp; 2 seconds</description>
    <requested_by>James Kirk</requested_by>
    <created_at type="datetime">2008/12/10 00:00:00 UTC</created_at>
    <story_type>feature</story_type>
    <estimate type="integer">3</estimate>
  </external_story>
  <external_story>
    <external_id>18</external_id>
    <name>Tribbles</name>
    <description></description>
    <requested_by>Montgomery Scott</requested_by>
    <story_type>bug</story_type>
  </external_story>
</external_stories>
`,
    stderr: '',
  })
  t.strictSame(await problemsOf(ran.stdout), [])
  t.notOk(existsSync(join(folder, 'imports')), 'the list of a running relay is not touched')
})

t.test('import --json prints the same for programs, without what is linked already', async (t) => {
  const { folder, config } = await tickets(t)
  const store = openStore({ client: 'sqlite', file: join(folder, 'relay.db') })
  await store.migrate()
  const link = { projectId: '26', storyId: '1', system: 'other', integrationId: null, externalId: '17' }
  await store.setLinks(() => [[{ ...link, externalUrl: 'https://desk.example.com/17' }]], Date.now())
  await store.close()
  const ran = await tracker(['import', 'desk', '--json', '-c', config])
  t.equal(ran.code, 0)
  t.strictSame(JSON.parse(ran.stdout), [
    { external_id: '18', name: 'Tribbles', description: '', requested_by: 'Montgomery Scott', story_type: 'bug' },
  ])
})

t.test('a source that cannot be read is one sentence and an exit code, and nothing is printed', async (t) => {
  const { folder, config } = await tickets(t)
  const text = readFileSync(config, 'utf8')
  writeFileSync(config, text.replaceAll('tickets.csv', 'gone.csv'))
  const ran = await tracker(['import', 'desk', '-c', config])
  t.equal(ran.code, 1)
  t.equal(ran.stdout, '')
  t.match(ran.stderr, /^desk: .*gone\.csv.*\n$/)
  t.notMatch(ran.stderr.trimEnd(), '\n')
  t.ok(folder)
})

t.test('an integration that is not there, or has nothing to import, is named', async (t) => {
  const { config } = await tickets(t)
  const unknown = await tracker(['import', 'dsek', '-c', config])
  t.strictSame(unknown, { code: 1, stdout: '', stderr: 'the config has no integration "dsek"; did you mean "desk"?\n' })
  const nothing = await tracker(['import', 'log', '-c', config])
  t.strictSame(nothing, { code: 1, stdout: '', stderr: 'log: its settings name no tickets to import\n' })
})

t.test('a reader that closes the pipe early, as head does, gets no error', async (t) => {
  const line = (id: number): string => `${id},Ticket ${id},${'x'.repeat(1000)},James Kirk,,bug,\n`
  const csv = CSV + Array.from({ length: 5000 }, (_, index) => line(1000 + index)).join('')
  const { config } = await tickets(t, csv)
  const child = spawn(process.execPath, [MAIN, 'import', 'desk', '-c', config], { stdio: ['ignore', 'pipe', 'pipe'] })
  const errors: Buffer[] = []
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk))
  const [first] = (await once(child.stdout, 'data')) as [Buffer]
  child.stdout.destroy()
  const [code] = (await once(child, 'close')) as [number | null]
  t.match(first.toString(), /^<\?xml/)
  t.equal(code, 0)
  t.equal(Buffer.concat(errors).toString(), '')
})

t.test('imports prints the addresses to give to Tracker, with their secrets', async (t) => {
  const folder = freshFolder(t)
  const desk = (settings: object): object => ({ type: 'other', source: { yaml: 'x.yaml' }, import: settings })
  const config = await writeConfigAndDatabase(folder, {
    server: { public_url: 'https://relay.example.com/' },
    integrations: {
      one: desk({ secrets: ['secret-number-one', 'secret-number-two'] }),
      two: desk({ username: 'tracker', password: 'not to be shown' }),
      three: desk({ secret: 'secret-number-three', username: 'tracker', password: 'not to be shown' }),
      four: desk({ public: true }),
      log: { type: 'log' },
    },
  })
  t.strictSame(await tracker(['imports', '-c', config]), {
    code: 0,
    stdout: `INTEGRATION  IMPORT API URL
one          https://relay.example.com/imports/one/secret-number-one.xml
one          https://relay.example.com/imports/one/secret-number-two.xml
two          https://relay.example.com/imports/two.xml
three        https://relay.example.com/imports/three/secret-number-three.xml
three        https://relay.example.com/imports/three.xml
four         https://relay.example.com/imports/four.xml
`,
    stderr: '',
  })
})

t.test('a relay that starts tells the addresses of its imports, without the secrets', async (t) => {
  const locked = await startRelayProcess(t, (await tickets(t, CSV, { secret: 'secret-number-one' })).config)
  t.match(locked.lines('relay started'), [{ imports: [`${locked.url}/imports/desk/<secret>.xml`] }])
  t.notMatch(locked.output(), 'secret-number-one')
  const open = await startRelayProcess(t, (await tickets(t)).config)
  t.match(open.lines('relay started'), [{ imports: [`${open.url}/imports/desk.xml`] }])
})
