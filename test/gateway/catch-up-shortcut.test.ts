import t, { type Test } from 'tap'
import { PEOPLE, SECRET, STATES, shortcutRequest } from '../sources/shortcut/requests.ts'
import { startJira } from '../targets/jira.ts'
import { type ShortcutStandIn, startShortcut, TOKEN, toSecond } from '../targets/shortcut.ts'
import { eventually } from './eventually.ts'
import { freshFolder, type RelaySetup, type RunningRelay, startRelay } from './running-relay.ts'

t.setTimeout(300_000)

const [SCOTTY = ''] = PEOPLE.keys()
const [TODO = 0, DEVELOPMENT = 0, REVIEW = 0, DONE = 0] = [...STATES.keys()].map(Number)
const RHYTHM = { catchUpLookMs: 20, catchUpSoonMs: 100, catchUpLeaseMs: 1000 }
const references = [...STATES.values()].map(({ id, name, category }) => ({
  ...{ id: Number(id), entity_type: 'workflow-state', name, type: category },
}))

interface Way {
  /** Whether Shortcut's histories have the ids of its hooks, which it does not document. */
  readonly sameId: boolean
}

/** One story as it stands in Shortcut, and what its hook sends of each change, of which the test decides. */
function shortcutStory(shortcut: ShortcutStandIn, number: number, begin: number, way: Way) {
  const at = (minute: number): string => new Date(begin + minute * 60_000).toISOString()
  let story = {
    ...{ id: number, name: `Shields ${number}`, story_type: 'feature', workflow_state_id: TODO },
    ...{ app_url: `https://app.shortcut.com/enterprise/story/${number}`, updated_at: toSecond(at(0)) },
    external_links: [] as readonly string[],
  }
  const happened = (minute: number, actions: readonly object[], changes: object = {}) => {
    story = { ...story, ...changes, updated_at: toSecond(at(minute)) }
    shortcut.story(story)
    const event = {
      ...{ id: `hook-${number}-${minute}`, changed_at: at(minute), version: 'v1', member_id: SCOTTY },
      ...{ primary_id: number, actions, references },
    }
    shortcut.happened(number, event, way)
    return event
  }
  const action = (what: string, values: object) => {
    const { id, name, story_type, app_url } = story
    return { id, entity_type: 'story', action: what, name, story_type, app_url, ...values }
  }
  return {
    made: (minute: number, external_links: readonly string[] = []) =>
      happened(minute, [action('create', { workflow_state_id: TODO, external_links })], { external_links }),
    linked: (minute: number, url: string) =>
      happened(minute, [action('update', { changes: { external_links: { adds: [url] } } })], { external_links: [url] }),
    moved(minute: number, to: number) {
      const changes = { started: { new: true }, workflow_state_id: { new: to, old: story.workflow_state_id } }
      return happened(minute, [action('update', { changes })], { workflow_state_id: to })
    },
    /** As one of several in one event. */
    asMoved(minute: number, to: number, from: number) {
      story = { ...story, workflow_state_id: to, updated_at: toSecond(at(minute)) }
      shortcut.story(story)
      return [action('update', { changes: { workflow_state_id: { new: to, old: from } } })]
    },
    renamed(minute: number) {
      const name = `Shields ${number}, again`
      return happened(minute, [action('update', { changes: { name: { new: name, old: story.name } } })], { name })
    },
    commented(minute: number, text: string) {
      const id = number * 1000 + minute
      return happened(minute, [
        { id, entity_type: 'story-comment', action: 'create', text, author_id: SCOTTY, app_url: story.app_url },
        action('update', { changes: { comment_ids: { adds: [id] } } }),
      ])
    },
  }
}

async function systems(t: Test, more: object = {}) {
  const jira = await startJira()
  t.teardown(jira.close)
  const shortcut = await startShortcut()
  t.teardown(shortcut.close)
  const setup = (every_minutes: number): RelaySetup => ({
    rhythm: RHYTHM,
    projects: [
      {
        ...{ id: 'enterprise', secret: 'a-hook-of-the-enterprise', integrations: ['jira', 'room'] },
        catch_up: { every_minutes },
        source: {
          ...{ type: 'shortcut', signing_secret: SECRET, token: TOKEN, api_url: `${shortcut.url}/api/v3` },
          ...{ states: { 'Ready for Review': 'delivered' }, ...more },
        },
      },
    ],
    integrations: {
      jira: { type: 'jira', base_url: jira.url, api_username: 'relay', api_password: 'correct horse' },
      room: { type: 'log' },
    },
  })
  return { jira, shortcut, setup, folder: freshFolder(t) }
}

const hook = async (relay: RunningRelay, event: object) => {
  const { body, headers } = shortcutRequest(event)
  return await relay.post(body, headers)
}

async function caughtUp(relay: RunningRelay): Promise<Record<string, unknown>> {
  const lines = () => [...relay.lines('caught up'), ...relay.lines('nothing was missed')]
  const [line] = await eventually(lines, ({ length }) => length > 0, 'it has asked')
  return line ?? {}
}

const texts = (bodies: readonly { readonly body: string }[]): string[] =>
  bodies.flatMap(({ body }) => /note \w+/.exec(body)?.[0] ?? [])

for (const way of [{ sameId: false }, { sameId: true }]) {
  const ids = way.sameId ? 'the ids of its hooks' : 'ids of their own'

  t.test(`what the hook of Shortcut missed is told once and in order, if histories have ${ids}`, async (t) => {
    const { jira, shortcut, setup, folder } = await systems(t)
    const begin = Date.now() - 100 * 60_000
    for (const number of [1, 2]) jira.add(`TEST-${number}`)
    const one = shortcutStory(shortcut, 1, begin, way)
    const two = shortcutStory(shortcut, 2, begin, way)
    const first = await startRelay(t, { ...setup(0), folder })
    t.equal((await hook(first, one.made(0))).status, 202)
    t.equal((await hook(first, one.commented(1, 'note first'))).status, 202)
    await first.stop()
    const missed = [
      one.moved(2, DEVELOPMENT),
      one.linked(3, `${jira.url}/browse/TEST-1`),
      ...Array.from({ length: 60 }, (_, index) => one.commented(4 + index, `note ${index}`)),
      two.made(64, [`${jira.url}/browse/TEST-2`]),
      two.commented(65, 'note two'),
      one.moved(66, REVIEW),
      one.moved(67, DONE),
      two.moved(68, DONE),
    ]
    one.renamed(70)
    two.renamed(71)
    const relay = await startRelay(t, { ...setup(60), folder })
    t.match(await caughtUp(relay), { project: 'enterprise', fresh: 60 + 4, refused: 0 })
    await relay.allSettled((await relay.deliveries()).length)
    t.strictSame(
      texts(jira.comments('TEST-1')),
      Array.from({ length: 60 }, (_, index) => `note ${index}`),
    )
    t.strictSame(texts(jira.comments('TEST-2')), ['note two'])
    t.equal(jira.statusOf('TEST-1'), 'Resolved')
    t.equal(jira.statusOf('TEST-2'), 'Resolved')
    const wrote = [...jira.comments('TEST-1'), ...jira.comments('TEST-2')].length
    const sent = (await relay.deliveries()).filter(({ state }) => state === 'delivered').length
    for (const event of missed) t.ok((await hook(relay, event)).status < 300)
    const all = await relay.allSettled((await relay.deliveries()).length)
    const late = all.filter(({ state }) => state === 'delivered').slice(sent)
    t.equal([...jira.comments('TEST-1'), ...jira.comments('TEST-2')].length, wrote)
    t.equal(jira.statusOf('TEST-1'), 'Resolved')
    t.equal(jira.statusOf('TEST-2'), 'Resolved')
    t.strictSame(
      late.map(({ note }) => /(?:started|delivered) "Shields 1"/.exec(note ?? '')?.[0]).sort(),
      ['delivered "Shields 1"', 'started "Shields 1"'],
      'people are told of the states between, which were not asked for',
    )
  })

  t.test(`what the hook of Shortcut has told is not told again, if histories have ${ids}`, async (t) => {
    const { jira, shortcut, setup, folder } = await systems(t)
    jira.add('TEST-1')
    const begin = Date.now() - 100 * 60_000
    const one = shortcutStory(shortcut, 1, begin, way)
    const first = await startRelay(t, { ...setup(0), folder })
    const events = [
      one.made(55, [`${jira.url}/browse/TEST-1`]),
      one.moved(56, DEVELOPMENT),
      one.commented(57, 'note first'),
      one.moved(60, REVIEW),
      one.renamed(61),
    ]
    for (const event of events) t.equal((await hook(first, event)).status, 202)
    await first.allSettled((await first.deliveries()).length)
    const told = (await first.deliveries()).length
    await first.stop()
    const relay = await startRelay(t, { ...setup(60), folder })
    t.match(await caughtUp(relay), { asked: 3, fresh: 0, refused: 0 })
    t.equal((await relay.deliveries()).length, told)
    t.ok(shortcut.asked(/search$/) > 0 && shortcut.asked(/history$/) > 0)
  })
}

t.test('a move of several stories at once is caught up with story by story', async (t) => {
  const { jira, shortcut, setup, folder } = await systems(t)
  const begin = Date.now() - 20 * 60_000
  const numbers = [1, 2]
  for (const number of numbers) jira.add(`TEST-${number}`)
  const stories = numbers.map((number) => shortcutStory(shortcut, number, begin, { sameId: false }))
  const first = await startRelay(t, { ...setup(0), folder })
  for (const [index, story] of stories.entries())
    t.equal((await hook(first, story.made(index, [`${jira.url}/browse/TEST-${index + 1}`]))).status, 202)
  const together = (minute: number, from: number, to: number): object => {
    const actions = stories.flatMap((story) => story.asMoved(minute, to, from))
    const changed_at = new Date(begin + minute * 60_000).toISOString()
    const event = { id: `hook-${minute}`, changed_at, version: 'v1', member_id: SCOTTY, actions, references }
    for (const number of numbers) shortcut.happened(number, event)
    return event
  }
  t.equal((await hook(first, together(5, TODO, DEVELOPMENT))).status, 202)
  const told = (await first.deliveries()).length
  await first.allSettled(told)
  await first.stop()
  const second = await startRelay(t, { ...setup(60), folder })
  t.match(await caughtUp(second), { asked: 4, fresh: 0 }, 'what the hook told is known')
  await second.stop()
  const late = together(15, DEVELOPMENT, DONE)
  const third = await startRelay(t, { ...setup(60), folder })
  t.match(await caughtUp(third), { asked: 2, fresh: 2 })
  await third.allSettled((await third.deliveries()).length)
  const written = () =>
    numbers.map((number) => [jira.statusOf(`TEST-${number}`), jira.comments(`TEST-${number}`).length])
  t.match(written(), [['Resolved'], ['Resolved']])
  const before = written()
  t.ok((await hook(third, late)).status < 300)
  await third.allSettled((await third.deliveries()).length)
  t.strictSame(written(), before, 'and its hook, if it comes late, changes no ticket')
})

t.test('a token that Shortcut rejects is told without the token', async (t) => {
  const { shortcut, setup, folder } = await systems(t, { token: 'a-wrong-and-secret-token' })
  const one = shortcutStory(shortcut, 1, Date.now() - 10 * 60_000, { sameId: false })
  const first = await startRelay(t, { ...setup(0), folder })
  t.equal((await hook(first, one.made(0))).status, 202)
  await first.stop()
  const relay = await startRelay(t, { ...setup(60), folder })
  const [line] = await eventually(
    () => relay.lines('could not ask for what the hook missed'),
    ({ length }) => length > 0,
    'it was refused',
  )
  t.match(line, { detail: /^Shortcut's API rejects the token \(401\)/ })
  t.notMatch(relay.output(), 'a-wrong-and-secret-token')
})
