import { join } from 'node:path'
import t from 'tap'
import { eventually } from '../gateway/eventually.ts'
import { freshFolder, startRelay, writeConfig, writeConfigAndDatabase } from '../gateway/running-relay.ts'
import { changed } from '../gateway/tracker-says.ts'
import { tracker } from './command-line.ts'

// Each process takes seconds to start on a machine that is busy with other things.
t.setTimeout(300_000)

t.test('integrations tells how each stands', async (t) => {
  const relay = await startRelay(t, { integrations: { room: { type: 'log' }, other: { type: 'log' } } })
  const config = join(relay.folder, 'relay.yaml')
  t.match(
    (await tracker(['integrations', '-c', config])).stdout,
    /^INTEGRATION {2}TYPE {2}STATE .* HOW IT STANDS\nroom +log +running +0 +0 +0 +- +Running; nothing waits\.\nother +log +running/,
  )
  await relay.post(changed(1, { story: '101', state: 'accepted' }))
  await relay.allSettled(2)
  await tracker(['pause', 'other', '-c', config])
  t.match(
    (await tracker(['integrations', '-c', config])).stdout,
    /^room +log +running +0 +0 +1 .*\nother +log +paused +0 +0 +1 .* Paused by an operator since .*: paused by the operator\./m,
  )
  await tracker(['resume', 'other', '-c', config])
  t.match((await tracker(['integrations', '-c', config])).stdout, /^other +log +running +0 +0 +1 /m)
})

t.test('an integration that has sent what a day allows is told as that', async (t) => {
  const relay = await startRelay(t, { integrations: { room: { type: 'log', max_per_day: 1 } } })
  for (const number of [1, 2]) await relay.post(changed(number, { story: '101', state: 'accepted' }))
  await eventually(
    () => relay.deliveries(),
    (all) => all.some(({ state }) => state === 'delivered'),
    'one is sent',
  )
  const { stdout } = await tracker(['integrations', '-c', join(relay.folder, 'relay.yaml')])
  t.match(stdout, /^room +log +capped +1 +0 +1 .*The day's cap of 1 is reached; sending goes on at .* 00:00:00 UTC\./m)
  const { text } = await relay.get('/metrics')
  t.match(text, 'relay_day_cap_reached{integration="room"} 1')
})

t.test('a removed integration with open deliveries is told with their number, wherever one looks', async (t) => {
  const relay = await startRelay(t, { integrations: { room: { type: 'log' }, other: { type: 'log' } } })
  const config = join(relay.folder, 'relay.yaml')
  await tracker(['pause', 'room', '-c', config])
  await eventually(
    () =>
      relay.relay
        .workers()
        .find(({ integration }) => integration.name === 'room')
        ?.standing().pausedReason,
    (reason) => reason != null,
    'the pause is noticed',
  )
  for (const number of [1, 2]) await relay.post(changed(number, { story: '101', state: 'accepted' }))
  await relay.reload({ integrations: { chat: { type: 'log' }, other: { type: 'log' } } })
  const sentence =
    /^2 open deliveries of "room" will not be sent, .*tracker-relay move room NAME.* skip --integration room\)$/
  t.match(
    relay.lines().filter(({ level }) => level === 'warn'),
    [{ integration: 'room', open: 2, msg: sentence }],
  )
  writeConfig(relay.folder, { integrations: { chat: { type: 'log' }, other: { type: 'log' } } })
  t.match(
    (await tracker(['integrations', '-c', config])).stdout,
    /^room +- +not configured +2 .* its open deliveries are not sent\. Move them to another one, or skip them\.$/m,
  )
  const checked = await tracker(['check', '-c', config])
  t.match(checked.stdout, /^WARNING +database +2 open deliveries of "room" will not be sent/m)
  t.equal(checked.code, 0)
})

t.test('pause and resume know only the integrations of the config', async (t) => {
  const config = await writeConfigAndDatabase(freshFolder(t), { integrations: { room: { type: 'log' } } })
  for (const verb of ['pause', 'resume'])
    t.strictSame(await tracker([verb, 'rooom', '-c', config]), {
      code: 1,
      stdout: '',
      stderr: 'the config has no integration "rooom"; did you mean "room"?\n',
    })
})
