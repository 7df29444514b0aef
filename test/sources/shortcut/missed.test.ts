import t, { type Test } from 'tap'
import type { MissedTime } from '../../../src/sources/contract/source.ts'
import shortcut from '../../../src/sources/shortcut/index.ts'
import { openClient } from '../../harness.ts'
import { startShortcut, TOKEN } from '../../targets/shortcut.ts'
import { configuredSource } from '../recorded.ts'

const BEGIN = Date.UTC(2026, 10, 24, 9, 0, 0)
const at = (seconds: number): string => `${new Date(BEGIN + seconds * 1000).toISOString().slice(0, 19)}Z`

async function open(t: Test) {
  let now = BEGIN + 86_400_000
  const standIn = await startShortcut({ now: () => now })
  t.teardown(standIn.close)
  const { send } = openClient(t)
  const source = configuredSource(shortcut, { token: TOKEN, api_url: `${standIn.url}/api/v3` })
  const pause = async (ms: number): Promise<void> => {
    now += ms
  }
  const session = source.open?.({ send, now: () => now, steady: () => now, pause })
  if (session?.missed === undefined) throw new Error('there is a token')
  const { missed } = session
  const ask = async (time: Partial<MissedTime> = {}) => {
    const told: string[] = []
    let upTo: Date | null = null
    const since = new Date(BEGIN)
    for await (const page of missed({ since, from: since, until: new Date(now), ...time })) {
      told.push(...page.missed.map(({ body }) => JSON.parse(body.toString()).actions[0].text))
      upTo = page.upTo ?? upTo
    }
    return { told, upTo }
  }
  return { standIn, ask }
}

const story = (id: number, updated_at: string) => ({
  ...{ id, name: `Shields ${id}`, story_type: 'feature', app_url: `https://app.shortcut.com/enterprise/story/${id}` },
  ...{ workflow_state_id: 1, external_links: [], updated_at },
})

const comment = (id: number, changed_at: string) => ({
  ...{ id: `hook-${id}`, changed_at, version: 'v1', primary_id: id },
  actions: [{ id, entity_type: 'story-comment', action: 'create', text: `note ${id}` }],
})

t.test('more stories than Shortcut finds at once are all asked for, no faster than it allows', async (t) => {
  const { standIn, ask } = await open(t)
  const ids = Array.from({ length: 1100 }, (_, index) => index + 1)
  for (const id of ids) {
    standIn.story(story(id, at(id)))
    standIn.happened(id, comment(id, at(id)))
  }
  const { told } = await ask()
  t.strictSame(
    told,
    ids.map((id) => `note ${id}`),
  )
  t.equal(standIn.asked(/history$/), 1100, 'each once')
  t.ok(standIn.asked(/search$/) > 2)
})

t.test('very many stories that were changed at once are told apart by when they were made', async (t) => {
  const { standIn, ask } = await open(t)
  for (let id = 1; id <= 1500; id += 1) {
    standIn.story({ ...story(id, at(5000)), created_at: at(id) })
    standIn.happened(id, comment(id, at(5000)))
  }
  t.equal(new Set((await ask()).told).size, 1500)
})

t.test(
  'of stories that were made and changed at once, and of which Shortcut shows only some, none is passed',
  async (t) => {
    const { standIn, ask } = await open(t)
    for (let id = 1; id <= 1500; id += 1) standIn.story({ ...story(id, at(5000)), created_at: at(5000) })
    await t.rejects(ask(), {
      name: 'SourceApiError',
      message: /^Shortcut's API shows no more than some of the stories/,
    })
  },
)

t.test('what happened in one second comes as it must have', async (t) => {
  const { standIn, ask } = await open(t)
  standIn.story(story(1, at(1)))
  for (const id of [3, 1, 2]) standIn.happened(1, comment(id, at(1)))
  t.strictSame((await ask()).told, ['note 1', 'note 2', 'note 3'])
})

t.test('a story that is deleted meanwhile is left out', async (t) => {
  const { standIn, ask } = await open(t)
  for (const id of [1, 2]) {
    standIn.story(story(id, at(id)))
    standIn.happened(id, comment(id, at(id)))
  }
  standIn.fault(
    { status: 404, body: '{"message":"Resource not found."}' },
    { where: ({ path }) => path.includes('/1/') },
  )
  t.strictSame((await ask()).told, ['note 2'])
})

t.test('a limit is told with its wait, and what else keeps the API from answering', async (t) => {
  const { standIn, ask } = await open(t)
  const where = ({ path }: { readonly path: string }): boolean => path.endsWith('/search')
  standIn.fault({ status: 429 }, { where })
  await t.rejects(ask(), { name: 'SourceApiError', message: /too often \(429\)/, retryAfterMs: 60_000 })
  standIn.fault({ status: 429, headers: { 'retry-after': '7' } }, { where })
  await t.rejects(ask(), { name: 'SourceApiError', retryAfterMs: 7000 })
  standIn.fault({ status: 503 }, { where })
  await t.rejects(ask(), { name: 'SourceApiError', message: /answered 503/ })
  standIn.fault('reset', { where })
  await t.rejects(ask(), { name: 'SourceApiError', message: /^Shortcut's API: / })
  standIn.fault({ status: 201, body: '{"a": "page"}' }, { where })
  await t.rejects(ask(), { name: 'SourceApiError', message: /other than a list of stories/ })
})
