import { readFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { type JiraStandIn, startJira } from '../targets/jira.ts'
import { type RunningRelay, startRelay } from './running-relay.ts'
import { changed } from './tracker-says.ts'

const RECORDED = ['story_created_in_icebox', 'story_moved_to_backlog']
const STORY = '113'

async function relayWithTicket(t: Test): Promise<{ jira: JiraStandIn; relay: RunningRelay }> {
  const jira = await startJira()
  t.teardown(jira.close)
  jira.add('TEST-1', { status: '3' })
  const login = { type: 'jira', base_url: jira.url, api_username: 'relay', api_password: 'correct horse' }
  const relay = await startRelay(t, { integrations: { jira: login } })
  const link = { projectId: '26', storyId: STORY, system: null, integrationId: null }
  await relay.store.setLinks(() => [[{ ...link, externalId: 'TEST-1', externalUrl: null }]], Date.now())
  return { jira, relay }
}

t.test('a story that v3 moves from the icebox to the backlog does not stop work on its ticket', async (t) => {
  const { jira, relay } = await relayWithTicket(t)
  for (const name of RECORDED) await relay.post(readFileSync(`test/activities/${name}.in.xml`))
  await relay.allSettled(1)
  t.equal(jira.statusOf('TEST-1'), 'In Progress')
  t.match(await relay.deliveries(), [
    { state: 'delivered', effect: { state: 'unstarted', from: 'unscheduled' }, note: /nothing to do/ },
  ])
})

t.test('a story that v3 moves back after it was started stops it', async (t) => {
  const { jira, relay } = await relayWithTicket(t)
  for (const [index, state] of ['started', 'unstarted'].entries())
    await relay.post(changed(index + 1, { story: STORY, state }))
  await relay.allSettled(2)
  t.equal(jira.statusOf('TEST-1'), 'Open')
})
