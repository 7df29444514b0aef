import { join } from 'node:path'
import t from 'tap'
import { tracker } from '../commands/command-line.ts'
import { relayUser, startJira } from '../targets/jira.ts'
import { startWebhookReceiver } from '../targets/webhook-receiver.ts'
import { eventually } from './eventually.ts'
import { startRelay } from './running-relay.ts'
import { changed } from './tracker-says.ts'
import { LONG_LEASE_MS, runUntilSettled } from './turns.ts'

// Each process takes seconds to start on a machine that is busy with other things.
t.setTimeout(300_000)

t.test('a delivery whose schedule is used up is dead, and another process brings it back', async (t) => {
  const receiver = await startWebhookReceiver({ secret: null })
  t.teardown(() => receiver.close())
  const relay = await startRelay(t, {
    leaseMs: LONG_LEASE_MS,
    integrations: { builds: { type: 'webhook', url: receiver.url, retry: { schedule_seconds: [1, 1] } } },
  })
  receiver.standIn.down({ status: 404 })
  await relay.post(changed(1, { story: '101', state: 'started' }))
  await relay.post(changed(2, { story: '102', state: 'started' }))
  const dead = await runUntilSettled(relay, 2)
  for (const delivery of dead)
    t.match(delivery, { state: 'dead', attempts: 3, note: /^given up after 3 failures; .* answered 404$/ })
  t.equal(receiver.standIn.requests.length, 6)
  const errors = (): number => relay.lines('delivery').filter(({ level }) => level === 'error').length
  t.equal(await eventually(errors, (count) => count >= 2, 'the log tells of both'), 2)
  t.equal((await relay.metrics()).get('relay_deliveries{integration="builds",state="dead"}'), 2)

  receiver.standIn.down(null)
  const config = ['--config', join(relay.folder, 'relay.yaml')]
  const replayed = await tracker(['deliveries', 'replay', '--state', 'dead', ...config])
  t.equal(replayed.stdout, '2 put back into the queue\n')
  const delivered = await relay.allSettled(2)
  t.ok(delivered.every(({ state, attempts, failures }) => state === 'delivered' && attempts === 4 && failures === 0))
  t.equal(receiver.accepted.length, 2)
  t.equal((await relay.metrics()).get('relay_deliveries{integration="builds",state="dead"}'), 0)

  const again = await tracker(['deliveries', 'replay', '1', '77', ...config])
  t.match(again, { code: 1, stdout: '1 put back into the queue\n', stderr: 'delivery 77 does not exist\n' })
  await relay.allSettled(2)
  const ids = receiver.standIn.requests.map(({ headers }) => headers['webhook-id'])
  t.equal(new Set(ids).size, 2, 'the same delivery keeps its id, so that its receiver knows it')
  t.equal(receiver.repeated, 1)
})

t.test('a state that died and is replayed does not take the ticket back behind a later one', async (t) => {
  const user = relayUser({ permissions: ['BROWSE_PROJECTS', 'ADD_COMMENTS'] })
  const jira = await startJira({ users: [user] })
  t.teardown(jira.close)
  jira.add('TEST-1')
  jira.add('TEST-2')
  const relay = await startRelay(t, {
    leaseMs: LONG_LEASE_MS,
    integrations: {
      jira: { type: 'jira', base_url: jira.url, api_username: 'relay', api_password: 'correct horse' },
    },
  })
  const link = { projectId: '26', system: 'jira', integrationId: null, externalUrl: null }
  await relay.store.setLinks(
    () => [
      [
        { ...link, storyId: '101', externalId: 'TEST-1' },
        { ...link, storyId: '102', externalId: 'TEST-2' },
      ],
    ],
    Date.now(),
  )
  await relay.post(changed(1, { story: '101', state: 'started' }))
  await relay.post(changed(2, { story: '102', state: 'started' }))
  const dead = await relay.allSettled(2)
  for (const { state, note } of dead) t.match([state, note], ['dead', /give it the permission "Transition issues"/])
  user.permissions.push('TRANSITION_ISSUES', 'RESOLVE_ISSUES')
  await relay.post(changed(3, { story: '101', state: 'accepted' }))
  await relay.allSettled(3)
  t.equal(jira.statusOf('TEST-1'), 'Resolved')

  await relay.store.replay({ state: 'dead' }, Date.now())
  const settled = await relay.allSettled(3)
  t.strictSame(
    settled.map(({ state }) => state),
    ['skipped', 'delivered', 'delivered'],
  )
  t.equal(settled[0]?.note, 'superseded: a later state of the story was carried on already')
  t.equal(jira.statusOf('TEST-1'), 'Resolved')
  t.equal(jira.statusOf('TEST-2'), 'In Progress', 'of another story nothing later is known')
})
