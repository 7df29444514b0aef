import { join } from 'node:path'
import t from 'tap'
import { startRelay } from '../relay/running-relay.ts'
import { tracker } from './command-line.ts'

// Each process takes seconds to start on a machine that is busy with other things.
t.setTimeout(300_000)

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
  const shown = await run('show', '1')
  t.equal(shown.stdout, body.toString())
  t.match(
    shown.stderr,
    /^method: POST\nroute: \/hooks\/:project\/:secret\naddress: 127\.0\.0\.1\n(.+: .+\n)*content-length: 21\n/,
  )
  t.match(await run('show', '3'), { code: 1, stderr: 'there is no rejected request 3\n' })
  t.match(await run('show', 'x'), { code: 1, stderr: 'there is no rejected request x\n' })
  t.match(await run('list', '-n', 'x'), { code: 1, stderr: '--limit is a whole number, not "x"\n' })
})
