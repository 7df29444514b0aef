import t from 'tap'
import { startRelay } from './running-relay.ts'
import { changed, PROJECT } from './tracker-says.ts'

t.test("the link to a story has Tracker's number of a project that the config calls by a word", async (t) => {
  const story_url = 'https://tracker.example.com/projects/{project}/stories/{id}'
  const integrations = { log: { type: 'log' } }
  const relay = await startRelay(t, {
    integrations,
    projects: [{ id: 'enterprise', secret: 'kobayashi-maru-1701', integrations: ['log'], story_url }],
  })
  await relay.post(changed(1, { story: '101', state: 'accepted' }))
  await relay.allSettled(1)
  t.match(relay.output(), `https://tracker.example.com/projects/${PROJECT}/stories/101`)
  t.notMatch(relay.output(), 'projects/enterprise')
})

t.test('an author is ignored whatever blanks stand around the name, in the config and in the activity', async (t) => {
  const relay = await startRelay(t, {
    projects: [
      { id: PROJECT, secret: 'kobayashi-maru-1701', integrations: ['log'], ignore_authors: [' Sync Robot ', 'Data'] },
    ],
  })
  await relay.post(changed(1, { story: '101', state: 'accepted', author: 'Sync Robot' }))
  await relay.post(changed(2, { story: '102', state: 'accepted', author: '  Data ' }))
  await relay.post(changed(3, { story: '103', state: 'accepted', author: 'Spock' }))
  await relay.allSettled(1)
  t.match(await relay.deliveries(), [{ storyId: '103' }])
})
