import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { freshFolder, SECRET, writeConfig } from '../gateway/running-relay.ts'
import { inOwnProcess, tracker } from './command-line.ts'

// Each process takes seconds to start on a machine that is busy with other things.
t.setTimeout(300_000)

t.test(
  'without a command, with an unknown one or an unknown option, the help is shown and nothing is done',
  async (t) => {
    for (const args of [[], ['strat'], ['check', '--ofline'], ['pause'], ['explain']]) {
      const ran = await tracker(args)
      t.equal(ran.code, 2, args.join(' '))
      t.match(ran.stderr, /Usage: tracker-relay/)
      t.equal(ran.stdout, '')
    }
    t.match((await inOwnProcess(['strat'])).stderr, /Did you mean start\?/)
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

t.test('a word that is no command of a noun is answered with the one that was meant', async (t) => {
  const told = async (...args: string[]): Promise<unknown> => await tracker(args)
  const stderr = (text: string): object => ({ code: 2, stdout: '', stderr: `error: unknown command ${text}\n` })
  t.strictSame(await told('deliveries', 'shwo', '1'), stderr('"deliveries shwo"; did you mean deliveries show?'))
  t.strictSame(await told('links', 'imprt', 'x.csv'), stderr('"links imprt"; did you mean links import?'))
  t.strictSame(await told('rejected', 'xyz'), stderr('"rejected xyz"; there are: list, show, replay, delete'))
})

t.test('the help of a noun shows the options that it takes without a command', async (t) => {
  const { code, stdout } = await tracker(['deliveries', '--help'])
  t.equal(code, 0)
  for (const option of ['--state', '--integration', '--story', '--limit', '--json', '--config'])
    t.match(stdout, new RegExp(`^  (-\\w, )?${option} .*\\w`, 'm'))
  t.notMatch(stdout, '[word')
  t.match((await tracker(['links', '--help'])).stdout, '--project')
  t.match((await tracker(['rejected', '--help'])).stdout, '--limit')
})

t.test('--version is that of the package', async (t) => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }
  t.strictSame(await inOwnProcess(['--version']), { code: 0, stdout: `${version}\n`, stderr: '' })
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
    `PROJECT  WEB HOOK
26       http://127.0.0.1:8123/hooks/26/the-new-one
26       http://127.0.0.1:8123/hooks/26/the-old-one
fleet    http://127.0.0.1:8123/hooks/fleet/${SECRET}
`,
  )
  const server = { public_url: 'https://relay.example.com/' }
  const open = await tracker(['hooks', '-c', writeConfig(folder, { projects, server })])
  t.match(open.stdout, /^26 +https:\/\/relay\.example\.com\/hooks\/26\/the-new-one$/m)
})

t.test('without a public name the addresses of hooks and imports are those that work on this machine', async (t) => {
  const folder = freshFolder(t)
  const integrations = {
    desk: { type: 'other', base_url: 'https://desk.example.com', source: { csv: 'x.csv' }, import: { public: true } },
  }
  const projects = [{ id: '26', secret: SECRET }]
  const told = async (command: string, server: object): Promise<unknown> =>
    await tracker([command, '-c', writeConfig(folder, { projects, integrations, server })])
  const cases = [
    ['0.0.0.0', '127.0.0.1'],
    ['::', '[::1]'],
    ['::1', '[::1]'],
    ['[::1]', '[::1]'],
    ['relay.internal', 'relay.internal'],
  ]
  for (const [host, shown] of cases) {
    const stderr = /server\.public_url is not set/
    t.match(await told('hooks', { host, port: 8123 }), {
      code: 0,
      stdout: `PROJECT  WEB HOOK\n26       http://${shown}:8123/hooks/26/${SECRET}\n`,
      stderr,
    })
    t.match(await told('imports', { host, port: 8123 }), {
      code: 0,
      stdout: `http://${shown}:8123/imports/desk.xml\n`,
      stderr,
    })
  }
  for (const command of ['hooks', 'imports'])
    t.match(await told(command, { port: 0 }), {
      code: 1,
      stdout: '',
      stderr: /server\.port is 0, .* set server\.port, or server\.public_url/,
    })
})

t.test('schema prints the schema that editors use', async (t) => {
  const ran = await tracker(['schema'])
  t.equal(ran.code, 0)
  t.equal(ran.stdout, readFileSync('config/relay.schema.json', 'utf8'))
  t.equal((await tracker(['schema', '--json'])).stdout, ran.stdout)
})

t.test('migrate makes the database, and may be run again', async (t) => {
  const folder = freshFolder(t)
  const config = writeConfig(folder, {})
  const place = join(folder, 'relay.db')
  const first = await tracker(['migrate', '-c', config])
  t.match(first, { code: 0, stderr: '' })
  t.match(first.stdout, /^the database .*relay\.db is up to date \([1-9][0-9]* migrations applied\)\n$/)
  t.strictSame(await tracker(['migrate', '-c', config]), {
    code: 0,
    stdout: `the database ${place} is up to date (no migrations applied)\n`,
    stderr: '',
  })
  const json = await tracker(['migrate', '--json', '-c', config])
  t.strictSame(JSON.parse(json.stdout), { database: place, applied: [] })
})
