import t, { type Test } from 'tap'
import { PEOPLE, SECRET, STATES, shortcutRequest } from '../sources/shortcut/requests.ts'
import { type ShortcutStandIn, startShortcut, TOKEN, toSecond } from '../targets/shortcut.ts'
import { caughtUp, couldNotAsk, notesIn, systemsOf, testTheCut } from './missed-hooks.ts'
import type { RunningRelay } from './running-relay.ts'

t.setTimeout(300_000)

const [SCOTTY = ''] = PEOPLE.keys()
const [TODO = 0, DEVELOPMENT = 0, REVIEW = 0, DONE = 0] = [...STATES.keys()].map(Number)
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

const systems = (t: Test, more: object = {}) =>
  systemsOf(t, startShortcut, ({ url }) => ({
    ...{ type: 'shortcut', signing_secret: SECRET, token: TOKEN, api_url: `${url}/api/v3` },
    ...{ states: { 'Ready for Review': 'delivered' }, ...more },
  }))

const hook = async (relay: RunningRelay, event: object) => {
  const { body, headers } = shortcutRequest(event)
  return await relay.post(body, headers)
}

for (const way of [{ sameId: false }, { sameId: true }]) {
  const ids = way.sameId ? 'the ids of its hooks' : 'ids of their own'

  t.test(`what the hook of Shortcut missed is told once and in order, if histories have ${ids}`, async (t) => {
    const { jira, tool: shortcut, hooked, catchingUp } = await systems(t)
    const begin = Date.now() - 100 * 60_000
    for (const number of [1, 2]) jira.add(`TEST-${number}`)
    const one = shortcutStory(shortcut, 1, begin, way)
    const two = shortcutStory(shortcut, 2, begin, way)
    const first = await hooked()
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
    const relay = await catchingUp()
    t.match(await caughtUp(relay), { project: 'enterprise', fresh: 60 + 4, refused: 0 })
    await relay.allSettled((await relay.deliveries()).length)
    t.strictSame(
      notesIn(jira.comments('TEST-1')),
      Array.from({ length: 60 }, (_, index) => `note ${index}`),
    )
    t.strictSame(notesIn(jira.comments('TEST-2')), ['note two'])
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
    const { jira, tool: shortcut, hooked, catchingUp } = await systems(t)
    jira.add('TEST-1')
    const begin = Date.now() - 100 * 60_000
    const one = shortcutStory(shortcut, 1, begin, way)
    const first = await hooked()
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
    const relay = await catchingUp()
    t.match(await caughtUp(relay), { asked: 3, fresh: 0, refused: 0 })
    t.equal((await relay.deliveries()).length, told)
    t.ok(shortcut.asked(/search$/) > 0 && shortcut.asked(/history$/) > 0)
  })
}

t.test('a move of several stories at once is caught up with story by story', async (t) => {
  const { jira, tool: shortcut, hooked, catchingUp } = await systems(t)
  const begin = Date.now() - 20 * 60_000
  const numbers = [1, 2]
  for (const number of numbers) jira.add(`TEST-${number}`)
  const stories = numbers.map((number) => shortcutStory(shortcut, number, begin, { sameId: false }))
  const first = await hooked()
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
  const second = await catchingUp()
  t.match(await caughtUp(second), { asked: 4, fresh: 0 }, 'what the hook told is known')
  await second.stop()
  const late = together(15, DEVELOPMENT, DONE)
  const third = await catchingUp()
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
  const { tool: shortcut, hooked, catchingUp } = await systems(t, { token: 'a-wrong-and-secret-token' })
  const one = shortcutStory(shortcut, 1, Date.now() - 10 * 60_000, { sameId: false })
  const first = await hooked()
  t.equal((await hook(first, one.made(0))).status, 202)
  await first.stop()
  const relay = await catchingUp()
  t.match(await couldNotAsk(relay), { detail: /^Shortcut's API rejects the token \(401\)/ })
  t.notMatch(relay.output(), 'a-wrong-and-secret-token')
})

t.test('a story of Shortcut that was changed after the place where the list is cut loses nothing', async (t) => {
  const { jira, tool: shortcut, hooked, catchingUp } = await systems(t)
  const begin = Date.now() - 100 * 60_000
  for (const number of [1, 2]) jira.add(`TEST-${number}`)
  const one = shortcutStory(shortcut, 1, begin, { sameId: false })
  const two = shortcutStory(shortcut, 2, begin, { sameId: false })
  const first = await hooked()
  t.equal((await hook(first, one.made(0, [`${jira.url}/browse/TEST-1`]))).status, 202)
  await first.stop()
  two.made(1, [`${jira.url}/browse/TEST-2`])
  two.commented(2, 'note early')
  for (let index = 0; index < 70; index += 1) one.commented(3 + index, `note ${index}`)
  for (let number = 3; number < 30; number += 1) shortcutStory(shortcut, number, begin, { sameId: false }).made(74)
  two.renamed(85)
  const relay = await catchingUp({ at_most: 1 })
  await testTheCut(t, relay, jira, { fresh: 70 + 2 + 27, notes: 70 })
})
