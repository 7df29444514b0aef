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
    for (const args of [[], ['strat'], ['check', '--ofline'], ['pause'], ['explain'], ['deliveries', 'lits']]) {
      const ran = await tracker(args)
      t.equal(ran.code, 1, args.join(' '))
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
  const folder = freshFolder(t)
  const config = writeConfig(folder, {})
  const place = join(folder, 'relay.db')
  const first = await tracker(['migrate', '-c', config])
  t.match(first, { code: 0, stderr: '' })
  t.match(first.stdout, /^the database .*relay\.db is up to date \([1-9][0-9]* migrations applied\)\n$/)
  t.strictSame(await tracker(['migrate', '-c', config]), {
    code: 0,
    stdout: `the database ${place} is up to date (0 migrations applied)\n`,
    stderr: '',
  })
})
