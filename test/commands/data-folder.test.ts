import { existsSync, mkdirSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { startRelayProcess } from '../gateway/relay-process.ts'
import { freshFolder } from '../gateway/running-relay.ts'
import { writeMigratedDatabase } from '../store/database.ts'
import { tracker } from './command-line.ts'

// Each process takes seconds to start on a machine that is busy with other things.
t.setTimeout(300_000)

interface Test {
  teardown(work: () => void): void
}

/** A config whose paths are relative, and another folder to run commands in. */
function folders(t: Test, text = 'database: { file: relay.db }'): { home: string; other: string; config: string } {
  const home = freshFolder(t)
  const config = join(home, 'relay.yaml')
  writeFileSync(
    config,
    `${text}\nserver: { port: 0 }\nintegrations: { log: { type: log } }\nprojects: [{ id: "26", secret: kobayashi-maru-1701, integrations: [log] }]\n`,
  )
  return { home, other: freshFolder(t), config }
}

t.test('a command finds the database of the config from whatever folder it is run in', async (t) => {
  const { home, other, config } = folders(t)
  await writeMigratedDatabase(join(home, 'relay.db'))
  t.match(await tracker(['pause', 'log', '-c', config], { cwd: other }), { code: 0, stdout: /^log is paused/ })
  t.match((await tracker(['integrations', '-c', config], { cwd: home })).stdout, /^log +log +paused /m)
  t.notOk(existsSync(join(other, 'relay.db')))
})

t.test('data_dir, else RELAY_DATA, else the folder of the config is what paths are relative to', async (t) => {
  const { home, other, config } = folders(t)
  const placed = async (file: string, env: Record<string, string> = {}): Promise<string> =>
    (await tracker(['check', '--offline', '--verbose', '-c', file], { cwd: other, env })).stderr
  t.equal(await placed(config), `config:   ${config}\ndatabase: ${join(home, 'relay.db')}\n`)
  t.match(await placed(config, { RELAY_DATA: '/srv/relay' }), /^database: \/srv\/relay\/relay\.db$/m)
  t.match(await placed(config, { RELAY_DATA: '' }), `database: ${join(home, 'relay.db')}`)
  const own = folders(t, 'data_dir: kept\ndatabase: { file: relay.db }')
  t.match(await placed(own.config, { RELAY_DATA: '/srv/relay' }), `database: ${join(own.home, 'kept', 'relay.db')}`)
  const relative = await tracker(['check', '--offline', '-c', config], { cwd: other, env: { RELAY_DATA: 'srv' } })
  t.match(relative, { code: 1, stderr: /RELAY_DATA .* must be an absolute path/ })
})

t.test(
  'the files of a source of tickets are found where the database is, in whatever folder a command is run',
  async (t) => {
    const sources = {
      table: 'csv: tickets.csv',
      list: 'yaml: tickets.yaml',
      query: 'sql: "select 1 as external_id, 2 as name", database: { client: sqlite, file: tickets.db }',
    }
    const integrations = Object.entries(sources).map(
      ([name, source]) => `  ${name}: { type: other, source: { ${source} }, import: { public: true } }\n`,
    )
    const home = freshFolder(t)
    const config = join(home, 'relay.yaml')
    writeFileSync(config, `data_dir: kept\nintegrations:\n${integrations.join('')}`)
    const check = async (): Promise<string> => (await tracker(['check', '-c', config], { cwd: freshFolder(t) })).stdout
    const missing = await check()
    for (const file of ['tickets.csv', 'tickets.yaml', 'tickets.db']) t.match(missing, `${join(home, 'kept', file)} `)
    mkdirSync(join(home, 'kept'))
    writeFileSync(join(home, 'kept', 'tickets.csv'), 'external_id,name\nENT-1,One\n')
    writeFileSync(join(home, 'kept', 'tickets.yaml'), '- { external_id: ENT-1, name: One }\n')
    await writeMigratedDatabase(join(home, 'kept', 'tickets.db'))
    t.equal((await check()).match(/^ok +(table|list|query).* \(other\) /gm)?.length, 3)
  },
)

t.test('only start and migrate make a database; every other command names the place where there is none', async (t) => {
  const { home, other, config } = folders(t)
  const file = join(home, 'relay.db')
  const commands = [
    ['deliveries'],
    ['integrations'],
    ['pause', 'log'],
    ['resume', 'log'],
    ['links'],
    ['links', 'set', '26', '1', 'ENT-1'],
    ['rejected'],
    ['rejected', 'replay', '--all'],
    ['import', 'log'],
    ['rotate-key'],
  ]
  for (const command of commands) {
    const ran = await tracker([...command, '-c', config], { cwd: other })
    t.match(ran, { code: 1, stdout: '' }, command.join(' '))
    t.equal(
      ran.stderr,
      `there is no database at ${file}, which ${config} names; "tracker-relay start" or "tracker-relay migrate" makes it\n`,
    )
  }
  writeFileSync(file, '')
  t.match(await tracker(['pause', 'log', '-c', config], { cwd: other }), { code: 1, stderr: /^there is no database/ })
  t.equal(statSync(file).size, 0, 'a file without tables is none')
  t.match(await tracker(['migrate', '-c', config], { cwd: other }), { code: 0 })
  t.match(await tracker(['pause', 'log', '-c', config], { cwd: other }), { code: 0 })
})

t.test('where only the working directory has a database, as earlier versions had it, nothing is done', async (t) => {
  const { home, other, config } = folders(t)
  await writeMigratedDatabase(join(other, 'relay.db'))
  for (const command of [['start'], ['migrate'], ['pause', 'log'], ['check'], ['hooks']]) {
    const ran = await tracker([...command, '-c', config], { cwd: other })
    t.match(ran, { code: 1, stdout: '' }, command.join(' '))
    t.match(ran.stderr, join(home, 'relay.db'))
    t.match(ran.stderr, join(other, 'relay.db'))
    t.match(ran.stderr, `set data_dir: ${other} in the config`)
  }
  t.notOk(existsSync(join(home, 'relay.db')))
  const env = { RELAY_DATA: other }
  t.match(await tracker(['pause', 'log', '-c', config], { cwd: home, env }), { code: 0 })
  renameSync(join(other, 'relay.db'), join(home, 'relay.db'))
  t.match(await tracker(['integrations', '-c', config], { cwd: other }), { code: 0, stdout: /paused/ })
})

t.test('the database, and the folder that is made for it, are for the user of the relay alone', async (t) => {
  const { home, config } = folders(t, 'database: { file: data/relay.db }')
  await startRelayProcess(t, config)
  const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8)
  t.equal(mode(join(home, 'data')), '700')
  for (const name of ['relay.db', 'relay.db-wal', 'relay.db-shm']) t.equal(mode(join(home, 'data', name)), '600', name)
})

t.test('a database folder that cannot be made is told in one sentence', async (t) => {
  const { home, config } = folders(t, 'database: { file: taken/relay.db }')
  writeFileSync(join(home, 'taken'), 'a file where the folder should be')
  for (const command of ['start', 'migrate']) {
    const ran = await tracker([command, '-c', config], { cwd: home })
    t.match(ran, { code: 1, stdout: '' })
    t.match(ran.stderr, /^the database .*taken\/relay\.db cannot be made: [^\n]*\n$/)
  }
})

t.test(
  'a folder in which the system lets nobody make another one is told too',
  { skip: existsSync('/proc/self') ? false : 'there is no /proc' },
  async (t) => {
    const { home, config } = folders(t, 'database: { file: /proc/relay/data/relay.db }')
    const ran = await tracker(['migrate', '-c', config], { cwd: home })
    t.match(ran, {
      code: 1,
      stdout: '',
      stderr: /^the database \/proc\/relay\/data\/relay\.db cannot be made: [^\n]*\n$/,
    })
  },
)

t.test('without a config only start runs the demo, and says so', async (t) => {
  const folder = freshFolder(t)
  mkdirSync(join(folder, 'config'))
  const place = join(folder, 'config', 'relay.yaml')
  for (const command of [['check'], ['hooks'], ['pause', 'log'], ['deliveries'], ['migrate'], ['explain', '-']])
    t.strictSame(await tracker(command, { cwd: folder }), {
      code: 1,
      stdout: '',
      stderr: `neither --config nor RELAY_CONFIG names a config, and there is no ${place}\n`,
    })
  const ran = await tracker(['start'], { cwd: folder, env: { PORT: 'none' } })
  t.match(ran.stderr, /^neither --config .*, so this is the demo config that comes with the relay: .*relay\.yaml$/m)
  t.match(ran.stderr, /server\.port must be/, 'it is the one that is read')
})
