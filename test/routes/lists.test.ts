import { readFileSync } from 'node:fs'
import t from 'tap'
import { lockDatabase, rowsOf, startRelay } from '../gateway/running-relay.ts'
import { changed } from '../gateway/tracker-says.ts'

const accepted = (number: number, story = '109'): string => changed(number, { story, state: 'accepted' })
const bare = (xml: string): string => xml.replace(/^<\?xml[^>]*\?>\s*/, '').trim()
const list = (...activities: string[]): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<activities type="array">${activities.map(bare).join('\n')}</activities>`

t.test('each activity of a list of v3 is stored on its own, and only what is new causes something', async (t) => {
  const relay = await startRelay(t)
  await relay.post(accepted(2))
  const answer = await relay.post(list(accepted(1), accepted(2), accepted(3, '110')))
  t.equal(answer.status, 202)
  t.strictSame(answer.json(), { activities: 3, new: 2, duplicates: 1, refused: 0, deliveries: 2, problems: [] })
  t.match(await rowsOf(relay.folder, 'activities'), [
    { key: '26:2' },
    { key: '26:1', raw: Buffer.from(bare(accepted(1))) },
    { key: '26:3' },
  ])
  const again = await relay.post(list(accepted(1), accepted(2), accepted(3, '110')))
  t.equal(again.status, 200)
  t.match(again.json(), { activities: 3, new: 0, duplicates: 3, deliveries: 0 })
  await relay.allSettled(3)
})

t.test('a list of v5 is taken, whichever comes first, in the order in which it happened', async (t) => {
  const relay = await startRelay(t)
  const recorded = ['v5_story_started', 'v5_story_finished', 'v5_story_delivered', 'v5_story_accepted']
  const bodies = recorded.map((name) => readFileSync(`test/activities/${name}.in.json`, 'utf8'))
  const answer = await relay.post(`[${bodies.toReversed().join(',')}]`, { 'content-type': 'application/json' })
  t.match(answer.json(), { activities: 4, new: 4, refused: 0 })
  const kept = (await rowsOf(relay.folder, 'activities')).map(({ raw }) => String(raw))
  t.strictSame(
    kept,
    bodies.map((body) => body.trim()),
  )
})

t.test('an activity that cannot be taken does not keep the others from it, and is kept as rejected', async (t) => {
  const relay = await startRelay(t)
  const stranger = accepted(2).replace('>26</project_id>', '>27</project_id>')
  const broken = '<activity><id>3</id></activity>'
  const answer = await relay.post(list(accepted(1), stranger, broken, accepted(4)))
  t.equal(answer.status, 202)
  t.match(answer.json(), {
    activities: 4,
    new: 2,
    duplicates: 0,
    refused: 2,
    problems: [
      { item: 2, type: 'urn:tracker-relay:wrong-project', detail: /project 27/ },
      { item: 3, type: 'urn:tracker-relay:missing-field', detail: /<project_id>/ },
    ],
  })
  t.match(await rowsOf(relay.folder, 'rejected'), [
    { reason: 'wrong project', body: Buffer.from(bare(stranger)) },
    { reason: 'missing field', body: Buffer.from(broken) },
  ])
})

t.test('a list of which nothing can be taken is a problem, and an empty one is none', async (t) => {
  const relay = await startRelay(t)
  const none = await relay.post('[1, {"kind": "x"}]')
  t.equal(none.status, 400)
  t.match(none.json(), { type: 'urn:tracker-relay:list', detail: /none of the 2 activities can be taken; the first: / })
  t.equal((await rowsOf(relay.folder, 'rejected')).length, 2)
  const empty = await relay.post('[]')
  t.equal(empty.status, 200)
  t.match(empty.json(), { activities: 0, new: 0 })
  const malformed = await relay.post('<activities><activity>')
  t.match([malformed.status, malformed.json()], [400, { type: 'urn:tracker-relay:syntax' }])
  t.equal((await rowsOf(relay.folder, 'rejected')).length, 3, 'once, as a whole')
})

t.test('of a long list of what is refused only the first ones are kept', async (t) => {
  const relay = await startRelay(t)
  const answer = await relay.post(
    `[${Array.from({ length: 300 }, () => '{}').join(',')},${readFileSync('test/activities/v5_story_started.in.json', 'utf8')}]`,
  )
  t.match(answer.json(), { activities: 301, new: 1, refused: 300 })
  t.equal((answer.json() as { problems: unknown[] }).problems.length, 100)
  t.equal((await rowsOf(relay.folder, 'rejected')).length, 100)
})

t.test('a list is answered only when all of it is committed', async (t) => {
  const relay = await startRelay(t)
  const release = await lockDatabase(relay.folder)
  let answered = false
  const answer = relay.post(list(accepted(1), accepted(2))).finally(() => {
    answered = true
  })
  for (let probes = 0; probes < 20; probes += 1) t.equal((await relay.get('/healthz')).status, 200)
  t.equal(answered, false)
  await release()
  t.equal((await answer).status, 202)
})

t.test('a thousand activities come in one request', async (t) => {
  const relay = await startRelay(t, { server: { body_limit_bytes: 4_000_000 } })
  const many = Array.from({ length: 1000 }, (_, index) => accepted(index + 1, String(index % 50)))
  t.match((await relay.post(list(...many))).json(), { activities: 1000, new: 1000 })
})
