import { readFileSync } from 'node:fs'
import t from 'tap'
import { eventually } from '../../gateway/eventually.ts'
import { changed, commented, created, labelled } from '../../gateway/tracker-says.ts'
import { administeredRelay } from './administered.ts'

interface Row {
  readonly id: number
  readonly stories: { id: string; name: string | null }[]
}

interface Page {
  readonly items: Row[]
  readonly next: string | null
}

const two = { log: { type: 'log' }, silent: { type: 'log' } }
const projects = [{ id: '26', secret: 'kobayashi-maru-1701', integrations: ['log'] }]

t.test('activities are listed with what they say and what they caused, the newest first', async (t) => {
  const relay = await administeredRelay(t)
  await relay.post(created(1, { story: '109', name: 'Photon torpedoes' }))
  await relay.post(changed(2, { story: '109', state: 'started', author: 'Nyota Uhura' }))
  await relay.allSettled(2)
  const { items, next } = (await relay.api('/activities')).json() as unknown as Page
  t.equal(next, null)
  t.match(items, [
    {
      id: 2,
      project: '26',
      kind: 'story_update',
      occurred_at: '2009-12-14T22:12:09.000Z',
      received_at: /^\d{4}-.*\.\d{3}Z$/,
      author: 'Nyota Uhura',
      sentence: 'Nyota Uhura did something',
      stories: [{ id: '109', name: 'Photon torpedoes' }],
      deliveries: { delivered: 1 },
      ways: [{ integration: 'log', state: 'delivered' }],
    },
    { id: 1, author: 'James Kirk' },
  ])
})

t.test(
  'an activity is shown as it came, with why it caused what it did in each integration, and why not',
  async (t) => {
    const relay = await administeredRelay(t, { integrations: two, projects })
    const body = changed(1, { story: '109', state: 'accepted' })
    await relay.post(body)
    const [delivery] = await relay.allSettled(1)
    const answer = await relay.api('/activities/1')
    t.match(answer.json(), {
      id: 1,
      content_type: 'application/xml',
      body,
      body_encoding: 'utf8',
      bytes: body.length,
      integrations: [
        {
          integration: 'log',
          type: 'log',
          why: '1 delivery: delivered.',
          planned: [{ kind: 'announce', what: 'accepted', storyId: '109' }],
          deliveries: [{ id: delivery?.id, state: 'delivered' }],
        },
        {
          integration: 'silent',
          why: 'Nothing, since project 26 does not list this integration.',
          planned: [],
          deliveries: [],
        },
      ],
    })
    const etag = answer.headers.get('etag') ?? ''
    t.equal((await relay.api('/activities/1', { headers: { 'if-none-match': etag } })).status, 304)
    await relay.reload({
      integrations: two,
      projects: [{ ...projects[0], integrations: ['log', 'silent'] }],
      admin: { tokens: [{ name: 'k', role: 'operate', token: 'an-operators-token-0001' }] },
    })
    t.match((await relay.api('/activities/1')).json(), {
      integrations: [
        { integration: 'log' },
        { integration: 'silent', why: /^Nothing when it came, though today's config/ },
      ],
    })
    const missing = await relay.api('/activities/77')
    t.match([missing.status, missing.json()], [404, { detail: 'activity 77 does not exist' }])
  },
)

t.test(
  'a comment passes a filter for labels by those that the story was given before, and why it did not is told',
  async (t) => {
    const relay = await administeredRelay(t, {
      integrations: { urgent: { type: 'log', filter: { labels: ['urgent'] } }, all: { type: 'log' } },
      projects: [{ id: '26', secret: 'kobayashi-maru-1701', integrations: ['urgent', 'all'] }],
    })
    const said = [
      commented(1, { story: '109', text: 'Aye' }),
      labelled(2, { story: '109', labels: 'ui,urgent' }),
      commented(3, { story: '109', text: 'Aye, captain' }),
      commented(4, { story: '110', text: 'Nay' }),
    ]
    const answers = []
    for (const body of said) answers.push((await relay.post(body)).json().deliveries)
    t.strictSame(answers, [1, 0, 2, 1])
    const settled = await relay.allSettled(4)
    t.strictSame(
      settled.map(({ activityId, integration }) => `${activityId} ${integration}`),
      ['1 all', '3 urgent', '3 all', '4 all'],
    )
    const why = async (id: number): Promise<unknown> =>
      ((await relay.api(`/activities/${id}`)).json().integrations as { why: string }[])[0]?.why
    t.equal(
      await why(4),
      'Nothing, since filter.labels leaves it out: nothing has told the labels of story 110, not urgent.',
    )
    t.equal(await why(3), '1 delivery: delivered.')
    t.match(await why(1), /^Nothing when it came, .* what is known of the story is newer than the activity\.$/)
  },
)

t.test('a body that is not UTF-8 is shown whole', async (t) => {
  const relay = await administeredRelay(t)
  const body = Buffer.from(
    changed(1, { story: '109', state: 'accepted', author: 'Ren\xe9' }).replace('UTF-8', 'ISO-8859-1'),
    'latin1',
  )
  t.equal((await relay.post(body)).status, 202)
  t.match((await relay.api('/activities/1')).json(), {
    author: 'René',
    body: body.toString('base64'),
    body_encoding: 'base64',
  })
})

t.test('filters choose, alone and together, and a text finds stories, tickets, authors and words', async (t) => {
  const relay = await administeredRelay(t)
  await relay.post(created(1, { story: '109', name: 'Photon' }))
  await relay.post(commented(2, { story: '2109', text: 'Aye', author: 'Montgomery Scott' }))
  await relay.post(changed(3, { story: '110', state: 'started' }))
  await relay.post(readFileSync('test/activities/v5_story_accepted.in.json'), { 'content-type': 'application/json' })
  await relay.store.setLinks(
    () => [
      [
        {
          projectId: '26',
          storyId: '110',
          system: 'jira',
          integrationId: null,
          externalId: 'ENT-17',
          externalUrl: null,
        },
        {
          ...{ projectId: '26', storyId: '109', system: 'jira', integrationId: null },
          ...{ externalId: 'ÄRGER_10%', externalUrl: null },
        },
      ],
    ],
    Date.now(),
  )
  const ids = async (query: string): Promise<number[]> =>
    ((await relay.api(`/activities?${query}`)).json() as unknown as Page).items.map(({ id }) => id)
  t.strictSame(await ids('story=109'), [1], 'not one whose id only holds it')
  t.strictSame(await ids('kind=note_create'), [2])
  t.strictSame(await ids('project=26&kind=story_update'), [4, 3])
  t.strictSame(await ids('project=27'), [])
  t.strictSame(await ids('text=scot'), [2])
  t.strictSame(await ids('text=%23110'), [3])
  t.strictSame(await ids('text=ent-1'), [3])
  t.strictSame(await ids('text=ent_1'), [], 'a stroke is a stroke')
  t.strictSame(await ids(`text=${encodeURIComponent('ärger_10%')}`), [1], 'in letters of any language')
  t.strictSame(await ids('ids=4,1,1,77&kind=story_update'), [4])
  t.strictSame(await ids('text=kirk+did+some'), [3, 1])
  t.strictSame(await ids('text=irk'), [], 'only the beginning of a word')
  t.strictSame(await ids(`from=${new Date(Date.now() + 60_000).toISOString()}`), [])
  t.ok((await ids('to=2999-01-01T00:00:00Z')).length >= 3)
  t.strictSame(await ids('to=2009-01-01T00:00:00Z'), [])
})

t.test('activities are found by the integration that they concern, and by what became of them there', async (t) => {
  const relay = await administeredRelay(t, { integrations: two })
  await relay.api('/integrations/silent/pause', { method: 'POST' })
  await relay.post(created(1, { story: '109', name: 'Photon' }))
  await relay.post(changed(2, { story: '110', state: 'planned' }))
  await relay.post(changed(3, { story: '109', state: 'started' }))
  await eventually(relay.deliveries, (all) => all.filter(({ state }) => state === 'delivered').length === 2, 'two')
  const [first] = await relay.deliveries()
  const silent = (await relay.deliveries()).filter(({ integration }) => integration === 'silent')
  t.equal(silent.length, 2)
  await relay.api(`/deliveries/${silent[0]?.id}/skip`, { method: 'POST', body: { reason: 'wrong story' } })
  const ids = async (query: string): Promise<number[]> =>
    ((await relay.api(`/activities?${query}`)).json() as unknown as Page).items.map(({ id }) => id)
  t.strictSame(await ids('integration=silent'), [3, 1])
  t.strictSame(await ids('integration=silent&state=open'), [3])
  t.strictSame(await ids('state=open&story=109'), [3])
  t.strictSame(await ids('state=open&text=110'), [])
  t.strictSame(await ids('state=skipped'), [1])
  t.strictSame(await ids('integration=log&state=delivered'), [3, 1])
  t.strictSame(await ids('integration=log&state=dead'), [])
  t.strictSame(await ids('integration=gone'), [])
  const { items } = (await relay.api('/activities?fields=ways')).json() as unknown as { items: object[] }
  t.strictSame(items, [
    {
      id: 3,
      ways: [
        { integration: 'log', state: 'delivered' },
        { integration: 'silent', state: 'pending' },
      ],
    },
    { id: 2, ways: [] },
    {
      id: first?.activityId,
      ways: [
        { integration: 'log', state: 'delivered' },
        { integration: 'silent', state: 'skipped' },
      ],
    },
  ])
})

t.test('pages follow each other without a gap, whatever comes in between', async (t) => {
  const relay = await administeredRelay(t)
  for (let number = 1; number <= 7; number += 1) await relay.post(changed(number, { story: '109', state: 'started' }))
  const seen: number[] = []
  let cursor: string | null = ''
  for (let page = 1; cursor !== null; page += 1) {
    const path: string = `/activities?limit=3&fields=kind${cursor === '' ? '' : `&cursor=${cursor}`}`
    const { items, next } = (await relay.api(path)).json() as unknown as Page
    seen.push(...items.map(({ id }) => id))
    t.strictSame(Object.keys(items[0] ?? {}), ['id', 'kind'])
    await relay.post(changed(100 + page, { story: '109', state: 'finished' }))
    cursor = next
  }
  t.strictSame(seen, [7, 6, 5, 4, 3, 2, 1])
})
