import { join } from 'node:path'
import t from 'tap'
import { freshFolder, rowsOf, SECRET, startRelay, writeConfigAndDatabase } from '../gateway/running-relay.ts'
import { changed } from '../gateway/tracker-says.ts'
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
    /^ID {2}RECEIVED +PROJECT {2}REASON +BYTES {2}WHAT WAS WRONG$/,
    /^ 2 {2}\d{4}-.+Z {2}26 +not an activity +13 {2}.*<html>/,
    /^ 1 {2}\d{4}-.+Z {2}26 +not an activity +21 {2}.*no activity/,
  ])
  t.equal(lines.length, 3)
  t.notMatch(listed.stdout, '\u001b')
  t.equal((await run('list', '-n', '1')).stdout, `${lines[0]}\n${lines[1]}\n`)
  t.strictSame(Buffer.from(JSON.parse((await run('show', '1', '--json')).stdout).body), body)
  const shown = await run('show', '1')
  t.equal(shown.stdout, body.toString())
  t.match(
    shown.stderr,
    /^method: POST\nroute: \/hooks\/:project\/:secret\naddress: 127\.0\.0\.1\n(.+: .+\n)*content-length: 21\n/,
  )
  t.match(await run('show', '3'), { code: 1, stderr: 'rejected request 3 does not exist\n' })
  t.match(await run('show', 'x'), { code: 2, stderr: 'ID must be a whole number, not "x"\n' })
  t.match(await run('list', '-n', 'x'), { code: 2, stderr: '--limit must be a whole number, not "x"\n' })
})

t.test('rejected requests are handed in again, and a running relay carries them on', async (t) => {
  const integrations = { log: { type: 'log' } }
  const of = (id: string) => ({ integrations, projects: [{ id, secret: SECRET, integrations: ['log'] }] })
  const relay = await startRelay(t, of('27'))
  const whole = changed(1, { story: '101', state: 'accepted' })
  const broken = changed(2, { story: '102', state: 'accepted' }).replace('</author>', '')
  await relay.post(whole)
  await relay.post(broken)
  await relay.post(whole)
  const kept = { projectId: '26', receivedAt: Date.now(), detail: '', head: {}, body: Buffer.from(whole), keep: 100 }
  await relay.store.reject({ ...kept, reason: 'incomplete', bodyBytes: whole.length })
  await relay.store.reject({ ...kept, reason: 'too large', bodyBytes: 5_000_000 })
  const before = await rowsOf(relay.folder, 'rejected')
  t.equal(before.length, 5)

  await relay.reload(of('26'))
  const run = (args: readonly string[], input?: string): ReturnType<typeof tracker> =>
    tracker(['rejected', ...args, '-c', join(relay.folder, 'relay.yaml')], input === undefined ? {} : { input })
  t.strictSame(await run(['replay', '--reason', 'wrong project']), {
    code: 1,
    stdout: '',
    stderr: [1, 3]
      .map(
        (id) => `${id}: project "27" is not in the config; add it, or choose another one (with --project, or --body)\n`,
      )
      .join(''),
  })
  const all = await run(['replay', '--all', '--project', '26'])
  t.match(all, {
    code: 1,
    stdout: '1: stored as activity 1, 1 delivery\n3: stored before as activity 1, 1 delivery\n',
  })
  const [syntax = '', ...others] = all.stderr.trimEnd().split('\n')
  t.match(syntax, /^2: refused \(syntax\): .*author/)
  t.strictSame(others, [
    '4: the body broke off before its end; hand in the whole body (with --project, or --body)',
    `5: only the first ${whole.length} bytes of the body were stored; hand in the whole body (with --project, or --body)`,
  ])
  t.match(await relay.allSettled(1), [{ activityId: 1, state: 'delivered', storyId: '101', attempts: 1 }])
  t.strictSame(
    await rowsOf(relay.folder, 'rejected'),
    before.filter(({ id }) => id !== 1 && id !== 3),
    'what was refused again is as it was',
  )

  const mended = broken.replace('<project_id', '</author><project_id')
  const again = await run(['replay', '2', '--project', '26', '--body', '-'], mended)
  const [, second] = await relay.allSettled(2)
  t.match(second, { state: 'delivered', storyId: '102' })
  t.strictSame(again, { code: 0, stdout: `2: stored as activity ${second?.activityId}, 1 delivery\n`, stderr: '' })
  t.equal((await relay.store.storedActivity(second?.activityId ?? 0)).raw.toString(), mended)
  t.strictSame(await run(['delete', '4', '2', '4']), {
    code: 1,
    stdout: '1 deleted\n',
    stderr: 'rejected request 2 does not exist\n',
  })
  t.strictSame(await run(['replay', '4']), { code: 1, stdout: '', stderr: '4: rejected request 4 does not exist\n' })
  t.strictSame(await run(['replay', '--reason', 'empty']), { code: 0, stdout: 'there are none\n', stderr: '' })
  t.strictSame(await relay.store.rejectedIds(null), [5])
})

t.test('which requests are handed in again has to be said, and how, before any of them is', async (t) => {
  const config = await writeConfigAndDatabase(freshFolder(t), {})
  const refused: [args: string[], stderr: string, code?: number][] = [
    [[], 'give either the ids of requests, or --all, or --reason for all with that reason'],
    [['1', '--all'], 'give either the ids of requests, or --all, or --reason for all with that reason'],
    [['1', '2', '--body', '-'], '--body replaces the body of one request: give exactly one id'],
    [['1', '--project', '27'], '1: rejected request 1 does not exist', 1],
  ]
  for (const [args, stderr, code = 2] of refused)
    t.strictSame(await tracker(['rejected', 'replay', ...args, '-c', config]), {
      code,
      stdout: '',
      stderr: `${stderr}\n`,
    })
})

t.test('a list that an earlier release refused is handed in activity by activity', async (t) => {
  const relay = await startRelay(t)
  const bare = (number: number, project = '26'): string =>
    changed(number, { story: '101', state: 'accepted' })
      .replace(/^<\?xml[^>]*\?>\s*/, '')
      .replace('>26</project_id>', `>${project}</project_id>`)
  const list = (...items: string[]): Buffer => Buffer.from(`<activities>${items.join('')}</activities>`)
  const kept = { projectId: '26', receivedAt: Date.now(), reason: 'list', detail: '', head: {}, keep: 100 }
  for (const body of [list(bare(1), bare(2)), list(bare(2), bare(3, '27'))])
    await relay.store.reject({ ...kept, body, bodyBytes: body.length })
  const run = await tracker(['rejected', 'replay', '--all', '-c', join(relay.folder, 'relay.yaml')])
  t.match(run, {
    code: 1,
    stdout: '1: 2 of 2 activities are stored, 0 were before, 2 deliveries\n',
    stderr: /^2: 0 of 2 activities are stored, 1 were before; activity 2 is refused \(wrong project\): /,
  })
  t.match(await rowsOf(relay.folder, 'rejected'), [{ id: 2 }])
})
