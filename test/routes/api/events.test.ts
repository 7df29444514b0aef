import t, { type Test } from 'tap'
import { eventually } from '../../gateway/eventually.ts'
import { commented } from '../../gateway/tracker-says.ts'
import { type AdministeredRelay, administeredRelay, OPERATOR, READER } from './administered.ts'

interface Event {
  readonly id: string
  readonly event: string
  readonly data: Record<string, unknown>
}

t.test('what happens is told as it happens, and a reader that was away goes on where it was', async (t) => {
  const relay = await administeredRelay(t, { integrations: { log: { type: 'log' } } })
  const events = await follow(t, relay)
  await relay.post(commented(1, { story: '109', text: 'Engage' }))
  const [first] = await seen(events, 'delivery', 1)
  t.match(first, { data: { delivery: 1, integration: 'log', project: '26', outcome: 'delivered', attempt: 1 } })
  t.match(await seen(events, 'activity', 1), [{ data: { activity: 1, project: '26', kind: 'note_create' } }])
  await relay.store.savePause('log', null, 'holiday', Date.now())
  t.match(await seen(events, 'integration', 1), [
    { data: { integration: 'log', standing: 'paused', reason: 'holiday' } },
  ])
  const last = events.at(-1)?.id ?? ''
  await relay.post(commented(2, { story: '109', text: 'Make it so' }))
  await relay.api('/deliveries/2/skip', { method: 'POST', body: { reason: 'old' } })
  await seen(events, 'action', 1)

  const again = await follow(t, relay, { headers: { 'last-event-id': last } })
  t.match(await seen(again, 'action', 1), [{ data: { who: 'kirk', action: 'skip', subject: 'delivery 2' } }])
  t.match(again, [{ event: 'activity', data: { activity: 2 } }, { event: 'action' }], 'and nothing that it knows')
  const byQuery = await follow(t, relay, { query: `?after=${first?.id}` })
  t.match(await seen(byQuery, 'integration', 1), [{ data: { standing: 'paused' } }])
})

t.test('a replay tells how far it is', async (t) => {
  const relay = await administeredRelay(t)
  for (const number of [1, 2]) await relay.post(commented(number, { story: '109', text: 'Engage' }))
  await relay.allSettled(2)
  const events = await follow(t, relay)
  await relay.api('/replays', { method: 'POST', body: { deliveries: { states: ['delivered'] } } })
  await eventually(
    () => events.filter(({ event, data }) => event === 'replay' && data.state === 'done'),
    (found) => found.length === 1,
    'the end of the replay',
  )
  t.match(events.filter(({ event }) => event === 'replay').at(-1), { data: { replay: 1, released: 2, total: 2 } })
})

t.test('what is no id of an event is refused, and so is who has no token', async (t) => {
  const { api, url } = await administeredRelay(t)
  const wrong = await api('/events?after=yesterday', { token: READER })
  t.match([wrong.status, wrong.json()], [400, { detail: /must be the id of an event/ }])
  t.equal((await fetch(`${url}/api/v1/events`)).status, 401)
})

t.test('a relay that stops ends the streams', async (t) => {
  const relay = await administeredRelay(t)
  const response = await open(t, relay)
  const reading = response.text()
  const began = performance.now()
  await relay.stop()
  t.equal(typeof (await reading), 'string')
  t.ok(performance.now() - began < 10_000, 'without waiting for its readers')
})

interface Following {
  readonly headers?: Record<string, string>
  readonly query?: string
}

function open(t: Test, { url }: AdministeredRelay, { headers = {}, query = '' }: Following = {}): Promise<Response> {
  const end = new AbortController()
  t.teardown(() => end.abort())
  return fetch(`${url}/api/v1/events${query}`, {
    headers: { authorization: `Bearer ${OPERATOR}`, ...headers },
    signal: end.signal,
  })
}

/** @returns what has been told so far; it grows */
async function follow(t: Test, relay: AdministeredRelay, following?: Following): Promise<Event[]> {
  const { body } = await open(t, relay, following)
  if (body === null) throw new Error('there is no stream')
  const events: Event[] = []
  let isOpen: () => void = () => {}
  const opened = new Promise<void>((resolve) => {
    isOpen = resolve
  })
  void (async () => {
    let text = ''
    for await (const some of body.pipeThrough(new TextDecoderStream())) {
      text += some
      const pieces = text.split('\n\n')
      text = pieces.pop() ?? ''
      for (const piece of pieces) {
        const [, id, event, data] = /^id: (.*)\nevent: (.*)\ndata: (.*)$/.exec(piece) ?? []
        if (id === undefined || event === undefined) isOpen()
        else events.push({ id, event, data: JSON.parse(data ?? '') as Record<string, unknown> })
      }
    }
  })().catch(() => {})
  await opened
  return events
}

function seen(events: readonly Event[], event: string, count: number): Promise<Event[]> {
  return eventually(
    () => events.filter((each) => each.event === event),
    (found) => found.length >= count,
    `${count} ${event}`,
  )
}
