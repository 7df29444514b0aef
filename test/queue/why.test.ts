import t from 'tap'
import type { Configured } from '../../src/connectors/contract/connector.ts'
import type { Project } from '../../src/queue/journal.ts'
import { whyOf } from '../../src/queue/why.ts'
import { trackerSource } from '../../src/sources/tracker/index.ts'
import type { Delivery } from '../../src/store/delivery.ts'
import { activity } from '../store/database.ts'

const planning = (name: string, plan: Configured['plan']) => ({ name, type: 'room', configured: { plan } })
const room = planning('room', () => [{ kind: 'forward' }])
const silent = planning('silent', () => [])
const other = planning('other', () => [{ kind: 'forward' }])
const project: Project = {
  id: '26',
  integrations: [room, silent],
  ignoreAuthors: [],
  source: trackerSource({ id: '26' }),
}
const known = { project, projectId: '26', integrations: [other, room, silent], deliveries: [], before: null }

const delivery = (integration: string, more: Partial<Delivery> = {}): Delivery =>
  ({ id: 1, integration, state: 'delivered', note: 'posted', digest: null, ...more }) as Delivery

const sentences = (...given: Parameters<typeof whyOf>): Record<string, string> =>
  Object.fromEntries(whyOf(...given).map(({ integration, why }) => [integration, why]))

t.test('each integration of the config is told of, those of the project first', async (t) => {
  t.strictSame(
    whyOf(activity(1), known).map(({ integration, type, effects }) => [integration, type, effects.length]),
    [
      ['room', 'room', 1],
      ['silent', 'room', 0],
      ['other', 'room', 0],
    ],
  )
})

t.test('a delivery is told with what became of it', async (t) => {
  const deliveries = [
    delivery('room'),
    delivery('silent', { state: 'skipped', note: 'story 109 is not linked' }),
    delivery('gone', { state: 'dead', note: 'answered 404' }),
  ]
  t.match(sentences(activity(1), { ...known, deliveries }), {
    room: '1 delivery: delivered.',
    silent: /^1 delivery: skipped \(story 109 is not linked\)\. Today it would cause nothing, since /,
    gone: '1 delivery: dead (answered 404). Today it would cause nothing, since the config has no integration of this name any more.',
  })
})

t.test('what was configured after the activity came could be fed from it', async (t) => {
  t.match(sentences(activity(1), known).room, /^Nothing when it came, though today's config would cause 1 delivery/)
})

t.test('why nothing is caused is said', async (t) => {
  t.equal(sentences(activity(1), known).other, 'Nothing, since project 26 does not list this integration.')
  t.equal(
    sentences(activity(1), { ...known, project: undefined }).room,
    'Nothing, since project 26 is not in the config any more.',
  )
  t.equal(
    sentences(activity(1), { ...known, project: { ...project, ignoreAuthors: ['James Kirk'] } }).room,
    'Nothing, since ignore_authors of project 26 names James Kirk.',
  )
  t.equal(sentences(null, known).room, 'Nothing, since the stored activity cannot be read any more.')
  t.equal(
    sentences(activity(1), known).silent,
    'Nothing, since room passes on new stories, new states and comments, and this story_update has none.',
  )
  const [story] = activity(1).stories
  if (story === undefined) throw new Error('the activity has no story')
  const accepted = {
    ...activity(1),
    stories: [
      { ...story, fields: { currentState: 'accepted' } },
      { ...story, id: '110', change: 'delete' as const },
    ],
  }
  t.equal(
    sentences(accepted, known).silent,
    'Nothing, since room does not pass on the state "accepted" of story 109 and 1 more, or its settings leave it out.',
  )
})
