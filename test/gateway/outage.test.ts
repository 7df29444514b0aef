import t, { type Test } from 'tap'
import { type Gateway, startGateway } from '../targets/gateway.ts'
import { eventually } from './eventually.ts'
import { type RunningRelay, startRelay } from './running-relay.ts'
import { bugzilla, jira, lighthouse, type StartedSystem, type TicketSystem, zendesk } from './ticket-systems.ts'
import { changed, commented } from './tracker-says.ts'
import { LONG_LEASE_MS, runUntilSettled } from './turns.ts'

// A test may have to share its machine with much else.
t.setTimeout(300_000)

/** What happens to the stories 1, 2 and 3 while the target is down, 50 activities in all; `say` is a comment. */
const LIVES: readonly (readonly [story: number, life: string])[] = [
  [1, 'say started say say finished say say say delivered say say accepted say say say say say'],
  [2, 'started say say finished say delivered say say accepted say say say rejected say say say say'],
  [3, 'say started say say finished say delivered say rejected say say started say say say say'],
]

interface Expected {
  readonly status: Readonly<Record<number, string>>
  /** The states that a later one stands for. */
  readonly leftOut: Readonly<Record<number, readonly string[]>>
}

const CASES: readonly (readonly [system: TicketSystem, expected: Expected])[] = [
  [
    jira,
    {
      status: { 1: 'Resolved', 2: 'Reopened', 3: 'In Progress' },
      // What these do depends on the ticket: finished and delivered on whether it is in progress, rejected on whether it
      // was done. So nothing is left out for one of them.
      leftOut: { 1: ['delivered'], 2: ['delivered'], 3: [] },
    },
  ],
  [
    lighthouse,
    {
      status: { 1: 'resolved', 2: 'open', 3: 'open' },
      leftOut: {
        // A delivered story leaves its ticket alone, so it does not stand for the finished one before it.
        1: ['started', 'delivered'],
        2: ['started', 'delivered', 'accepted'],
        3: ['started', 'delivered', 'rejected'],
      },
    },
  ],
  [zendesk, { status: { 1: 'open', 2: 'open', 3: 'open' }, leftOut: { 1: [], 2: [], 3: [] } }],
  ...(['5.2', 'harmony'] as const).map(
    (version) =>
      [
        bugzilla(version),
        { status: { 1: 'RESOLVED', 2: 'CONFIRMED', 3: 'IN_PROGRESS' }, leftOut: { 1: [], 2: [], 3: [] } },
      ] as const,
  ),
]

const idOf = (story: number): string => String(100 + story)

async function linkedRelay(t: Test, started: StartedSystem, gateway: Gateway): Promise<RunningRelay> {
  const relay = await startRelay(t, {
    leaseMs: LONG_LEASE_MS,
    integrations: { tickets: started.settings(gateway.url) },
  })
  await relay.store.setLinks(
    () => [
      LIVES.map(([story]) => ({
        projectId: '26',
        storyId: idOf(story),
        integrationId: null,
        externalUrl: null,
        ...started.link(story),
      })),
    ],
    Date.now(),
  )
  return relay
}

/** What a comment at the ticket is about: the remark, or the state that it tells. */
function gist(text: string): string {
  return /remark \d+|started|finished|delivered|accepted|rejected/.exec(text)?.[0] ?? text
}

for (const [system, expected] of CASES)
  t.test(`what happened while ${system.name} was down arrives once, in order, and ends as it should`, async (t) => {
    const started = await system.start(t)
    const gateway = await startGateway(started)
    t.teardown(gateway.close)
    const relay = await linkedRelay(t, started, gateway)
    const wanted: Record<number, string[]> = { 1: [], 2: [], 3: [] }
    let number = 0
    let effects = 0

    async function happen(story: number, what: string): Promise<void> {
      number += 1
      const gistOf = what === 'say' ? `remark ${number}` : what
      const body =
        what === 'say'
          ? commented(number, { story: idOf(story), text: gistOf })
          : changed(number, { story: idOf(story), state: what })
      t.equal((await relay.post(body)).status, 202)
      if (what === 'say' || system.follows.includes(what)) effects += 1
      if (what === 'say' || system.tellsStates) wanted[story]?.push(gistOf)
    }
    const shown = (): unknown => Object.fromEntries(LIVES.map(([story]) => [story, started.comments(story).map(gist)]))
    const why = (): string => {
      relay.advance(1000)
      const breaker = relay.relay.workers()[0]?.standing().breaker
      return breaker?.state === 'open' ? breaker.reason : ''
    }

    for (const [story] of LIVES) await happen(story, 'say')
    await relay.allSettled(3)
    const before = shown()
    t.strictSame(before, wanted, 'it works')

    const lives = LIVES.map(([story, life]) => life.split(' ').map((what) => [story, what] as const))
    t.equal(lives.flat().length, 50)
    gateway.down({ status: 503, headers: { 'content-type': 'text/html' }, body: '<html>Service unavailable</html>' })
    const inTurns = Array.from({ length: 17 }, (_, index) =>
      lives.flatMap((life) => life.slice(index, index + 1)),
    ).flat()
    for (const [story, what] of inTurns.slice(0, 25)) await happen(story, what)
    await eventually(why, (reason) => /503/.test(reason), 'the relay holds, since the target says 503')
    await gateway.close()
    for (const [story, what] of inTurns.slice(25)) await happen(story, what)
    await eventually(why, (reason) => /ECONNREFUSED/.test(reason), 'the relay holds, since nobody is there')
    t.strictSame(shown(), before, 'nothing got through')

    const again = await startGateway(started, { port: gateway.port })
    t.teardown(again.close)
    const deliveries = await runUntilSettled(relay, effects)
    t.strictSame(shown(), wanted)
    for (const [story] of LIVES) {
      t.equal(started.statusOf(story), expected.status[story])
      const ofStory = deliveries.filter(({ storyId, state }) => storyId === idOf(story) && state !== 'delivered')
      t.strictSame(
        ofStory.map(({ effect, state, note }) => [effect.kind === 'state' ? effect.state : effect.kind, state, note]),
        expected.leftOut[story]?.map((left) => [
          left,
          'skipped',
          'superseded: a later state of the story was waiting already',
        ]),
      )
    }
  })

for (const [system] of CASES)
  t.test(`a write to ${system.name} whose answer was lost is looked up, and made once`, async (t) => {
    const started = await system.start(t)
    const gateway = await startGateway(started)
    t.teardown(gateway.close)
    const relay = await linkedRelay(t, started, gateway)
    const story = idOf(1)
    await relay.post(commented(1, { story, text: 'remark 1' }))
    await relay.allSettled(1)
    const writes = (): number => started.requests.filter(started.isWrite).length
    const page = { status: 503, headers: { 'content-type': 'text/html' }, body: '<html>upstream</html>' }
    // Each state takes one action at each system.
    const losses = [
      ['started', () => gateway.fault('lose the answer', { where: started.isWrite })],
      ['accepted', () => gateway.answerInstead(page, started.isWrite)],
      [
        'rejected',
        () => gateway.answerInstead({ ...page, headers: { ...page.headers, 'retry-after': '5' } }, started.isWrite),
      ],
      ['accepted', () => gateway.answerInstead({ ...page, status: 504 }, started.isWrite)],
    ] as const
    const wanted = ['remark 1']
    let number = 1
    for (const [state, lose] of losses)
      for (const what of ['say', state]) {
        number += 1
        const made = writes()
        const body =
          what === 'say' ? commented(number, { story, text: `remark ${number}` }) : changed(number, { story, state })
        lose()
        await relay.post(body)
        const delivery = (await runUntilSettled(relay, number)).at(-1)
        const attempts = (await relay.store.delivery(delivery?.id ?? 0))?.attempts
        t.strictSame(
          attempts?.map(({ outcome }) => outcome),
          ['in doubt', 'confirmed'],
          `${number}: ${what}`,
        )
        t.equal(writes() - made, 1)
        if (what === 'say') wanted.push(`remark ${number}`)
        else if (system.tellsStates) wanted.push(what)
      }
    t.strictSame(started.comments(1).map(gist), wanted)
  })
