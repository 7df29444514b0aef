import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { MAIN } from '../gateway/relay-process.ts'
import { startRelay } from '../gateway/running-relay.ts'
import { changed } from '../gateway/tracker-says.ts'
import { tracker } from './command-line.ts'

// Each process takes seconds to start on a machine that is busy with other things.
t.setTimeout(300_000)

t.test('mistakes of the caller are told in one sentence, and nothing is done', async (t) => {
  const relay = await startRelay(t)
  await relay.post(changed(1, { story: '101', state: 'accepted' }))
  await relay.allSettled(1)
  const config = join(relay.folder, 'relay.yaml')
  const told = async (...args: string[]): Promise<string> => await toldWith(2, ...args)
  const toldWith = async (code: number, ...args: string[]): Promise<string> => {
    const ran = await tracker(['deliveries', ...args, '-c', config])
    t.strictSame([ran.code, ran.stdout], [code, ''], args.join(' '))
    return ran.stderr
  }
  t.equal(
    await told('list', '--state', 'gone'),
    '--state must be one of pending, delivering, waiting, held, delivered, skipped, dead, not "gone"\n',
  )
  t.equal(await told('list', '-n', 'many'), '--limit must be a whole number, not "many"\n')
  t.equal(await told('show', 'one'), 'ID must be a whole number, not "one"\n')
  t.equal(await toldWith(1, 'show', '4711'), 'delivery 4711 does not exist\n')
  const nobody = 'the config has no integration "nope", only: log\n'
  t.equal(await toldWith(1, '--integration', 'nope'), nobody)
  t.equal(await toldWith(1, 'replay', '--state', 'dead', '--integration', 'nope'), nobody)
  t.strictSame(await tracker(['deliveries', 'replay', '99999', '-c', config]), {
    code: 1,
    stdout: '0 put back into the queue\n',
    stderr: 'delivery 99999 does not exist\n',
  })
  const choose =
    'give either the ids of deliveries, or filters for many of them, such as --state dead or --integration NAME\n'
  t.equal(await told('replay'), choose)
  t.equal(await told('replay', '1', '--integration', 'log'), choose)
  t.match(await told('skip'), /^give either the ids of deliveries, or filters/)
  t.equal(
    await told('replay', '--state', 'delivered'),
    'this repeats what was delivered already; say --yes if it is meant\n',
  )
  t.equal(await told('replay', '--state', 'held'), '--state must be one of dead, skipped, delivered, not "held"\n')
  t.match(await told('list', '--from', 'yesterday'), /^--from must be a time such as .*; not "yesterday"\n$/)
  t.equal(
    await told('list', '--token', 'x'),
    '--token and --token-file are for a relay that runs: give its address with --url\n',
  )
  t.match(await relay.deliveries(), [{ state: 'delivered', attempts: 1 }])
})

t.test('a reader that closes the pipe after the first line gets no error', async (t) => {
  const relay = await startRelay(t)
  for (let number = 1; number <= 300; number += 1)
    await relay.post(changed(number, { story: String(number), state: 'accepted' }))
  await relay.allSettled(300)
  const line = '"$0" "$1" deliveries -n 300 --json -c "$2" 2>&1 | head -n 1'
  // Not the synchronous call: the relay in this process would stand still, perhaps within a transaction.
  const { stdout } = await promisify(execFile)('sh', [
    '-c',
    line,
    process.execPath,
    MAIN,
    join(relay.folder, 'relay.yaml'),
  ])
  t.match(JSON.parse(stdout), { id: 300 })
})
