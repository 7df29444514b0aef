import t from 'tap'
import { type Erasure, type ErasureReport, erase } from '../../src/operations/erase.ts'
import { OperationError } from '../../src/operations/operation-error.ts'
import type { Store } from '../../src/store/store.ts'
import { openStore } from '../../src/store/store.ts'
import { rowsOf } from '../gateway/running-relay.ts'
import { commented, created, labelled } from '../gateway/tracker-says.ts'
import { freshFolder, writeMigratedDatabase } from '../store/database.ts'
import { DELIVERED } from '../store/delivered.ts'
import { projectWith, receive } from './received.ts'

const NOW = 5_000_000
const NONE: ErasureReport = {
  ...{ activities: 0, deliveries: 0, left: 0, stories: 0, links: 0, rejected: 0, texts: 0, lists: 0 },
}
t.test('a story is counted first, and then erased from every table; the others stay', async (t) => {
  const { store, ask, everything } = await filled(t)
  const subject = { type: 'story', storyId: '109', projectId: '26' } as const
  const counts = { ...NONE, activities: 2, deliveries: 2, stories: 1, links: 1, rejected: 1 }
  t.strictSame(await ask(subject, { dryRun: true }), counts)
  t.strictSame(await ask(subject, { dryRun: true }), counts, 'nothing was erased so far')
  t.strictSame(await ask(subject), counts)
  t.strictSame(await ask(subject, { dryRun: true }), NONE)
  t.equal((await store.deliveries({ limit: 9 })).length, 2)
  t.notMatch(await everything('audit'), /\b109\b/)
  t.match(await store.auditList({ limit: 1 }), [{ who: 'spock', action: 'erase', subject: 'story 109' }])
  t.strictSame(await sums(store), { delivered: 2 })
})

t.test('a person is erased wherever the name stands, and not named by the list of what was done', async (t) => {
  const { store, ask, everything, asked } = await filled(t)
  const subject = { type: 'person', person: 'nyota uhura' } as const
  t.match(await ask(subject), { activities: 2, deliveries: 2, rejected: 1, texts: 3, left: 0, lists: 0 })
  t.notMatch(await everything(), /uhura/i)
  t.match(await store.auditList({ limit: 1 }), [{ subject: 'a person' }])
  t.ok(asked[0]?.('{"owner":"Nyota Uhura"}'), 'cached lists that name her are deleted too')
  t.notOk(asked[0]?.('Nyota Uhuras'))
})

t.test('a person is erased from the labels that stories are remembered by', async (t) => {
  const { store, ask, everything } = await filled(t)
  await receive(store, labelled(6, { story: '1090', labels: 'for nyota uhura, ui' }), projectWith())
  const known = async (): Promise<unknown> =>
    (await store.rememberedStories([{ projectId: '26', storyId: '1090' }]))[0]?.labels
  t.strictSame(await known(), ['for nyota uhura', 'ui'])
  await ask({ type: 'person', person: 'Nyota Uhura' })
  t.equal(await known(), null)
  t.notMatch(await everything(), /uhura/i)
})

t.test('a person is erased in whichever of its two forms an accent is written', async (t) => {
  const { store, ask, everything } = await filled(t)
  const project = projectWith('room')
  await receive(store, commented(6, { story: '112', text: 'Aye', author: 'Jose\u0301 Tyler' }), project)
  await receive(store, commented(7, { story: '112', text: 'Thanks, Jos\u00e9 Tyler' }), project)
  const subject = { type: 'person', person: 'Jos\u00e9 Tyler' } as const
  t.match(await ask({ ...subject, person: 'Jose Tyler' }, { dryRun: true, withOpen: true }), { activities: 0 })
  t.match(await ask(subject, { withOpen: true }), { activities: 2, deliveries: 2 })
  t.notMatch(await everything(), 'Tyler')
})

t.test('a project is erased whole', async (t) => {
  const { ask, everything } = await filled(t)
  t.match(await ask({ type: 'project', projectId: '26' }), { activities: 5, deliveries: 4, links: 1 })
  // What is kept about the integrations themselves stays.
  t.equal(await everything('audit', 'integration_states', 'integration_types', 'delivery_counts'), '')
})

t.test('what is open is left unless that is asked for, and what comes behind it goes on', async (t) => {
  const { store, ask } = await filled(t)
  const project = projectWith('room')
  await receive(store, commented(20, { story: '109', text: 'open' }), project)
  await receive(store, commented(21, { story: '109', text: 'behind' }), project)
  const subject = { type: 'story', storyId: '109' } as const
  t.match(await ask(subject), { activities: 2, left: 2, links: 0 }, 'the link is needed')
  t.equal((await store.links({ limit: 9 })).length, 1)
  const [first] = await store.take({ integration: 'room', limit: 1, now: NOW, leaseMs: 1000 })
  t.match(await ask(subject, { withOpen: true }), { activities: 1, left: 1 }, 'one is being delivered')
  if (first === undefined) throw new Error('nothing was taken')
  await store.settle({ ...END, delivery: first, outcome: DELIVERED })
  t.match(await ask(subject, { withOpen: true }), { activities: 1, left: 0, links: 1 })
  t.strictSame(await sums(store), { delivered: 2 })
})

t.test('a name that would match anything is refused', async (t) => {
  const { ask } = await filled(t)
  await t.rejects(ask({ type: 'person', person: ' A ' }), OperationError)
})

const END = { exchanges: '[]', endedAt: NOW, durationMs: 5, targetTime: null }

interface Filled {
  readonly store: Store
  readonly asked: ((text: string) => boolean)[]
  ask(subject: Erasure['subject'], how?: Partial<Erasure>): Promise<ErasureReport>
  /** All rows of all tables but these, as text. */
  everything(...but: readonly string[]): Promise<string>
}

/** Two activities of story 109, two of others by a person, all delivered. */
async function filled(t: { teardown(work: () => Promise<void> | void): void }): Promise<Filled> {
  const folder = freshFolder(t)
  const file = `${folder}/relay.db`
  await writeMigratedDatabase(file)
  const store = openStore({ client: 'sqlite', file })
  t.teardown(() => store.close())
  const project = projectWith('room')
  const uhura = 'Nyota Uhura'
  await receive(store, created(1, { story: '109', name: 'Warp' }), project)
  await receive(store, commented(2, { story: '109', text: 'Engage' }), project)
  await receive(store, commented(3, { story: '110', text: 'Aye', author: uhura }), project)
  await receive(store, commented(4, { story: '111', text: `Ask ${uhura}!` }), project)
  await receive(store, created(5, { story: '1090', name: 'Other' }), projectWith())
  const link = { storyId: '109', system: 'jira', integrationId: null, externalId: 'ENT-1', externalUrl: null }
  await store.setLinks(() => [[{ projectId: '26', ...link }]], NOW)
  for (const delivery of await store.take({ integration: 'room', limit: 9, now: NOW, leaseMs: 1000 }))
    await store.settle({ ...END, delivery, outcome: DELIVERED })
  for (const delivery of await store.take({ integration: 'room', limit: 9, now: NOW, leaseMs: 1000 }))
    await store.settle({ ...END, delivery, outcome: DELIVERED })
  const refused = { projectId: '26', receivedAt: NOW, reason: 'syntax', detail: 'no', head: {}, bodyBytes: 9, keep: 9 }
  await store.reject({ ...refused, body: Buffer.from('<story>109</story') })
  await store.reject({ ...refused, body: Buffer.from(`<author>${uhura}</author`) })
  await store.savePause('room', null, `${uhura} asked for it`, NOW)
  await store.audit({ who: 'kirk', action: 'skip', subject: 'delivery 1', result: `failed (${uhura})` }, NOW)
  await store.audit(
    { who: 'kirk', action: 'replay', subject: 'deliveries', detail: { words: ['nyota uhura'] }, result: '1' },
    NOW,
  )
  const asked: ((text: string) => boolean)[] = []
  return {
    store,
    asked,
    ask: (subject, how = {}) =>
      erase(
        {
          store,
          now: () => NOW,
          wake() {},
          async eraseLists(matches) {
            asked.push(matches)
            return 0
          },
        },
        { who: 'spock', subject, dryRun: false, withOpen: false, ...how },
      ),
    async everything(...but) {
      const tables = (await rowsOf(folder, 'sqlite_master')).flatMap(({ type, name }) => {
        const isOurs = type === 'table' && !/^(sqlite|knex)_/.test(String(name)) && !but.includes(String(name))
        return isOurs ? [String(name)] : []
      })
      const rows = await Promise.all(tables.map(async (table) => await rowsOf(folder, table)))
      return rows
        .flat()
        .map((row) =>
          Object.values(row)
            .map((value) => (Buffer.isBuffer(value) ? value.toString() : String(value)))
            .join(' '),
        )
        .join('\n')
    },
  }
}

async function sums(store: Store): Promise<Record<string, number>> {
  const counts = (await store.counts()).filter(({ count }) => count !== 0)
  return Object.fromEntries(counts.map(({ state, count }) => [state, count]))
}
