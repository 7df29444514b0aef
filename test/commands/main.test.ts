import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { freshFolder, SECRET, startRelay, writeConfig } from '../relay/running-relay.ts'
import { changed } from '../relay/tracker-says.ts'
import { tracker } from './command-line.ts'

t.test(
  'without a command, with an unknown one or an unknown option, the help is shown and nothing is done',
  async (t) => {
    for (const args of [[], ['strat'], ['check', '--ofline'], ['pause'], ['explain'], ['deliveries', 'lits']]) {
      const ran = await tracker(args)
      t.equal(ran.code, 1, args.join(' '))
      t.match(ran.stderr, /Usage: tracker-relay/)
      t.equal(ran.stdout, '')
    }
    t.match((await tracker(['strat'])).stderr, /Did you mean start\?/)
    const help = await tracker(['--help'])
    t.equal(help.code, 0)
    for (const name of [
      'start',
      'check',
      'explain',
      'migrate',
      'hooks',
      'deliveries',
      'integrations',
      'pause',
      'resume',
    ])
      t.match(help.stdout, new RegExp(`^  ${name}\\b`, 'm'))
  },
)

t.test('--version is that of the package', async (t) => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }
  t.strictSame(await tracker(['--version']), { code: 0, stdout: `${version}\n`, stderr: '' })
})

t.test('hooks shows the addresses to enter in Tracker, by the public name where there is one', async (t) => {
  const folder = freshFolder(t)
  const projects = [
    { id: '26', secrets: ['the-new-one', 'the-old-one'] },
    { id: 'fleet', secret: SECRET },
  ]
  const local = await tracker(['hooks', '-c', writeConfig(folder, { projects, server: { port: 8123 } })])
  t.equal(
    local.stdout,
    `http://127.0.0.1:8123/hooks/26/the-new-one
http://127.0.0.1:8123/hooks/26/the-old-one
http://127.0.0.1:8123/hooks/fleet/${SECRET}
`,
  )
  const server = { public_url: 'https://relay.example.com/' }
  const open = await tracker(['hooks', '-c', writeConfig(folder, { projects, server })])
  t.match(open.stdout, /^https:\/\/relay\.example\.com\/hooks\/26\/the-new-one\n/)
})

t.test('schema prints the schema that editors use', async (t) => {
  const ran = await tracker(['schema'])
  t.equal(ran.code, 0)
  t.equal(ran.stdout, readFileSync('config/relay.schema.json', 'utf8'))
})

t.test('migrate makes the database, and may be run again', async (t) => {
  const config = writeConfig(freshFolder(t), {})
  for (const _ of [1, 2])
    t.strictSame(await tracker(['migrate', '-c', config]), {
      code: 0,
      stdout: 'the database (sqlite) is up to date\n',
      stderr: '',
    })
})

t.test('integrations tells how each stands', async (t) => {
  const relay = await startRelay(t, { integrations: { room: { type: 'log' }, other: { type: 'log' } } })
  const config = join(relay.folder, 'relay.yaml')
  t.equal(
    (await tracker(['integrations', '-c', config])).stdout,
    'room (log): running; no deliveries\nother (log): running; no deliveries\n',
  )
  await relay.post(changed(1, { story: '101', state: 'accepted' }))
  await relay.allSettled(2)
  await tracker(['pause', 'other', '-c', config])
  t.equal(
    (await tracker(['integrations', '-c', config])).stdout,
    'room (log): running; delivered 1\nother (log): paused: paused by the operator; delivered 1\n',
  )
  await tracker(['resume', 'other', '-c', config])
  t.match((await tracker(['integrations', '-c', config])).stdout, /^other \(log\): running; delivered 1$/m)
})

t.test('pause and resume know only the integrations of the config', async (t) => {
  const config = writeConfig(freshFolder(t), { integrations: { room: { type: 'log' } } })
  for (const verb of ['pause', 'resume'])
    t.strictSame(await tracker([verb, 'rooom', '-c', config]), {
      code: 1,
      stdout: '',
      stderr: 'there is no integration "rooom" in the config; there are: room\n',
    })
})

t.test('rejected requests are listed, and shown byte for byte', async (t) => {
  const relay = await startRelay(t)
  const body = Buffer.from('no activity \u0007\u001b[2J\u00e9\r\n')
  await relay.post(body)
  await relay.post('<html></html>')
  await relay.stop()
  const config = join(relay.folder, 'relay.yaml')
  const run = async (...args: string[]): ReturnType<typeof tracker> =>
    await tracker(['rejected', ...args, '-c', config])
  const listed = await run()
  const lines = listed.stdout.trimEnd().split('\n')
  t.match(lines, [
    /^2 {2}\d{4}-.+Z {2}project 26 {2}not an activity {2}13 bytes {2}.*<html>/,
    /^1 {2}\d{4}-.+Z {2}project 26 {2}not an activity {2}21 bytes {2}.*no activity/,
  ])
  t.equal(lines.length, 2)
  t.notMatch(listed.stdout, '\u001b')
  t.equal((await run('list', '-n', '1')).stdout, `${lines[0]}\n`)
  t.equal((await run('show', '1')).stdout, body.toString())
  t.match(await run('show', '3'), { code: 1, stderr: 'there is no rejected request 3\n' })
  t.match(await run('show', 'x'), { code: 1, stderr: 'there is no rejected request x\n' })
  t.match(await run('list', '-n', 'x'), { code: 1, stderr: '--limit is a whole number, not "x"\n' })
})

t.test('start says what is in its way: a port that is taken, a database that is none', async (t) => {
  const folder = freshFolder(t)
  const taken = createServer()
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
  t.teardown(() => void taken.close())
  const { port } = taken.address() as { port: number }
  const busy = await tracker(['start', '-c', writeConfig(folder, { server: { port } })])
  t.equal(busy.code, 1)
  t.match(busy.stderr, `cannot listen on 127.0.0.1:${port}: listen EADDRINUSE`)
  t.notMatch(busy.stderr, /\n\s+at /)

  const databaseFile = join(folder, 'no database')
  writeFileSync(
    databaseFile,
    'this is a letter to my aunt, not a database at all; it is long enough to be read as one'.repeat(20),
  )
  const config = writeConfig(folder, { databaseFile })
  for (const args of [['start'], ['deliveries'], ['migrate']]) {
    const ran = await tracker([...args, '-c', config])
    t.equal(ran.code, 1, args.join(' '))
    t.match(ran.stderr, /^the database cannot be used: SQLITE_NOTADB[^\n]*\n$/m)
    t.notMatch(ran.stderr, /\n\s+at /)
  }
})
