import t from 'tap'
import { createFindLinked, type FindLinked } from '../../src/imports/linked.ts'
import type { TicketPlace } from '../../src/links/match.ts'
import type { GivenLink } from '../../src/store/link-row.ts'
import type { Store } from '../../src/store/store.ts'
import type { Link, StoryChange } from '../../src/tracker/activity.ts'
import { entry, freshStore } from '../store/database.ts'

const ENTERPRISE: TicketPlace = {
  name: 'enterprise',
  system: 'jira',
  integrationId: null,
  url: 'https://jira.enterprise.example/browse/',
}
const VOYAGER: TicketPlace = { ...ENTERPRISE, name: 'voyager', url: 'https://jira.voyager.example/browse/' }
const FORUM: TicketPlace = { name: 'forum', system: 'other', integrationId: '77', url: null }

const LINK: Link = { system: 'jira', integrationId: null, externalId: 'ENT-17', externalUrl: null }

function finder(store: Store, integration: string, places: readonly TicketPlace[]): FindLinked {
  return createFindLinked({ integration, linkedTickets: store.linkedTickets, places: () => places })
}

let number = 0

/** An activity of the story comes in. */
async function tell(store: Store, story: Partial<StoryChange>, kind = 'story_update'): Promise<void> {
  number += 1
  const one = entry(number, [])
  const stories = one.activity.stories.map((each) => ({ ...each, ...story }))
  await store.append({ ...one, activity: { ...one.activity, kind, stories } })
}

t.test(
  'a ticket that a story is linked to is found by where it is: PROJ-1 of one JIRA is not that of another',
  async (t) => {
    const store = await freshStore(t)
    await tell(store, { link: { ...LINK, externalUrl: 'https://jira.voyager.example/browse/ENT-17' } })
    const both = [ENTERPRISE, VOYAGER]
    const ids = ['ENT-16', 'ENT-17', 'ENT-18']
    t.strictSame([...(await finder(store, 'voyager', both)(ids))], ['ENT-17'])
    t.strictSame([...(await finder(store, 'enterprise', both)(ids))], [])
  },
)

t.test('a link that fits several places hides nothing, and one that fits a single place does', async (t) => {
  const store = await freshStore(t)
  await tell(store, { link: LINK })
  t.strictSame([...(await finder(store, 'enterprise', [ENTERPRISE, VOYAGER])(['ENT-17']))], [])
  t.strictSame([...(await finder(store, 'enterprise', [ENTERPRISE])(['ENT-17']))], ['ENT-17'])
  t.strictSame([...(await finder(store, 'forum', [FORUM])(['ENT-17']))], [], 'another system')
})

t.test("a link is found by Tracker's id of the integration, and by what is known of that id", async (t) => {
  const store = await freshStore(t)
  const link: Link = { system: null, integrationId: '77', externalId: '4711', externalUrl: null }
  await tell(store, { link })
  t.strictSame([...(await finder(store, 'forum', [FORUM, ENTERPRISE])(['4711']))], ['4711'])
  await tell(store, { id: '110', link: { ...link, integrationId: '12', externalId: 'ENT-1' } })
  const find = finder(store, 'enterprise', [FORUM, ENTERPRISE, VOYAGER])
  t.strictSame([...(await find(['ENT-1']))], [])
  await store.learnIntegrations('26', [
    { integrationId: '12', system: 'jira', baseUrl: 'https://jira.enterprise.example' },
  ])
  t.strictSame([...(await find(['ENT-1']))], ['ENT-1'])
})

t.test('a ticket whose link is removed, or whose story is deleted, can become a story again', async (t) => {
  const store = await freshStore(t)
  const find = finder(store, 'enterprise', [ENTERPRISE])
  const isLinked = async (): Promise<boolean> => (await find(['ENT-17'])).has('ENT-17')
  await tell(store, { link: LINK })
  t.equal(await isLinked(), true)
  await tell(store, { link: null })
  t.equal(await isLinked(), false)
  await tell(store, { link: LINK })
  t.equal(await isLinked(), true)
  await tell(store, { change: 'delete', name: null, storyType: null }, 'story_delete')
  t.equal(await isLinked(), false)
  t.match(await store.link('26', '109'), { externalId: 'ENT-17' }, 'but late deliveries still find it')
  await tell(store, { change: 'create', link: LINK }, 'story_create')
  t.equal(await isLinked(), false, 'what comes late of a deleted story does not bring it back')
  await tell(store, { id: '110', change: 'create', link: LINK }, 'story_create')
  t.equal(await isLinked(), true, 'another story can have it')
})

t.test('a story that is deleted before anything else is known of it is deleted all the same', async (t) => {
  const store = await freshStore(t)
  await tell(store, { change: 'delete', name: null, storyType: null }, 'multi_story_delete')
  await tell(store, { change: 'create', link: LINK }, 'story_create')
  t.strictSame([...(await finder(store, 'enterprise', [ENTERPRISE])(['ENT-17']))], [])
})

t.test('a story that has moved to another project is there, with its ticket', async (t) => {
  const store = await freshStore(t)
  await tell(store, { change: 'create', link: LINK }, 'story_create')
  for (const kind of ['story_move_from_project', 'multi_story_move_from_project'])
    await tell(store, { change: 'delete', name: null, storyType: null }, kind)
  t.strictSame([...(await finder(store, 'enterprise', [ENTERPRISE])(['ENT-17']))], ['ENT-17'])
})

t.test('ids of any length and any characters are told apart', async (t) => {
  const store = await freshStore(t)
  const long = (last: string): string => `${'🖖'.repeat(250)}${last}`
  const ids = [long('a'), long('b'), "'; drop table links; --", '%', 'ent-17', '0017', '17.0']
  const links = ids.map(
    (externalId, index): GivenLink => ({
      projectId: '26',
      storyId: String(index),
      system: 'jira',
      integrationId: null,
      externalId,
      externalUrl: null,
    }),
  )
  await store.setLinks(() => [links], 1000)
  const find = finder(store, 'enterprise', [ENTERPRISE])
  t.strictSame(await find([...ids, long('c'), 'ENT-17', '17', '_']), new Set(ids))
  t.strictSame(await find([]), new Set())
  t.strictSame(await find(Array.from({ length: 500 }, (_, index) => `no-${index}`)), new Set())
})
