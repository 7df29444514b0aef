import { type Gateway, receivedBy, saidIn } from './gateway.ts'
import { brokenPromises, type JournalFile } from './journal-file.ts'
import { type Posted, STATES, ticketKey } from './tracker-sender.ts'

/** What became of everything that was acknowledged. Each text names a place, a story and an activity. */
export interface Verdict {
  readonly acknowledged: number
  readonly lost: readonly string[]
  /** At targets that can be asked what they have got. */
  readonly doubled: readonly string[]
  readonly outOfOrder: readonly string[]
  /** What never came to an end. */
  readonly stuck: readonly string[]
  /** At the web hook: what came more often than it was under way, or not always with the same bytes. */
  readonly excess: readonly string[]
  /** How often something came to the web hook again. */
  readonly repeated: number
  /** How many attempts at the web hook have no known end. */
  readonly cutOff: number
  /** Promises of the tables to each other that are broken. */
  readonly broken: readonly string[]
}

interface AttemptsRow {
  readonly key: string
  readonly attempts: number
  readonly failures: number
}

type Findings = { readonly [Kind in 'lost' | 'doubled' | 'outOfOrder']: string[] }

/** @param ledgers what each sender was told is stored; nothing may be on its way any more */
export async function verdictOf(
  gateway: Gateway,
  ledgers: readonly (readonly Posted[])[],
  file: JournalFile,
): Promise<Verdict> {
  const found: Findings = { lost: [], doubled: [], outOfOrder: [] }
  const posts = ledgers.flat()
  const heard = receivedBy(gateway.receiver)
  const said = saidIn(gateway.campfire)
  for (const storyId of new Set(posts.flatMap(({ storyIds }) => storyIds))) {
    const own = posts.filter(({ storyIds }) => storyIds.includes(storyId))
    const comments = numbersOf(own, 'comment')
    compare(found, `web hook, story ${storyId}`, numbersOf(own), heard[storyId] ?? [])
    compare(found, `room, story ${storyId}`, comments, said[storyId] ?? [])
    if (gateway.jira !== null) compareTicket(found, gateway.jira.ticket(ticketKey(storyId)), own)
  }
  const attempts = await file.all<AttemptsRow>(
    "select key, attempts, failures from deliveries where integration = 'hook'",
  )
  const open = await file.all<{ id: number; integration: string; state: string }>(
    'select id, integration, state from deliveries where settled_at is null',
  )
  const dead = await file.all<{ id: number; integration: string; note: string }>(
    "select id, integration, note from deliveries where state = 'dead'",
  )
  return {
    acknowledged: posts.length,
    ...found,
    stuck: [
      ...open.map(({ id, integration, state }) => `delivery ${id} of ${integration} is ${state}`),
      ...dead.map(({ id, integration, note }) => `delivery ${id} of ${integration} is dead: ${note}`),
    ],
    excess: excessOf(attempts, gateway),
    repeated: gateway.receiver.repeated,
    cutOff: attempts.reduce((sum, row) => sum + row.attempts - 1 - row.failures, 0),
    broken: await brokenPromises(file),
  }
}

function numbersOf(posts: readonly Posted[], only?: Posted['what']): number[] {
  return posts.filter(({ what }) => only === undefined || what === only).map(({ number }) => number)
}

function compare(found: Findings, where: string, expected: readonly number[], actual: readonly number[]): void {
  const wanted = new Set(expected)
  const first = [...new Set(actual)]
  found.lost.push(...expected.filter((each) => !actual.includes(each)).map((each) => `${where}: ${each}`))
  found.doubled.push(
    ...first
      .filter((each) => actual.filter((other) => other === each).length > 1)
      .map((each) => `${where}: ${each} in ${actual.join(' ')}`),
  )
  const strays = first.filter((each) => !wanted.has(each))
  if (strays.length > 0) found.outOfOrder.push(`${where}: nobody posted ${strays.join(' ')}`)
  const inOrder = expected.filter((each) => first.includes(each))
  const came = first.filter((each) => wanted.has(each))
  if (came.some((each, at) => each !== inOrder[at])) found.outOfOrder.push(`${where}: ${came.join(' ')}`)
}

/** To which status of JIRA's classic workflow each state moves a ticket. */
const STATUS_OF = { started: '3', accepted: '5', rejected: '4' } as const satisfies Record<
  (typeof STATES)[number],
  string
>

type Ticket = ReturnType<NonNullable<Gateway['jira']>['ticket']>

function compareTicket(found: Findings, { key, comments, history }: Ticket, own: readonly Posted[]): void {
  const where = `ticket ${key}`
  const said = comments.map(({ body, created }) => ({ number: Number(/comment (\d+)/.exec(body)?.[1]), at: created }))
  compare(
    found,
    where,
    numbersOf(own, 'comment'),
    said.map(({ number }) => number),
  )
  const states = own.filter(({ what }) => what === 'state')
  const goals = states.map((_, index) => STATUS_OF[STATES[index % STATES.length] ?? 'started'])
  const moves = history.map(({ to }) => to)
  const path = `${where} went ${moves.join(' ')}, for ${goals.join(' ')}`
  if (moves.length < goals.length) found.lost.push(path)
  else if (moves.length > goals.length) found.doubled.push(path)
  else if (moves.join() !== goals.join()) found.outOfOrder.push(path)
  // Between comments and states as well.
  let latest = 0
  let moved = 0
  for (const { number, what } of own) {
    if (what === 'edit') continue
    const at = what === 'state' ? history[moved++]?.at : said.find((each) => each.number === number)?.at
    if (at !== undefined && at.getTime() < latest) found.outOfOrder.push(`${where}: ${what} ${number} came too early`)
    latest = Math.max(latest, at?.getTime() ?? 0)
  }
}

function excessOf(attempts: readonly AttemptsRow[], { receiver }: Gateway): string[] {
  const arrivals = new Map<string, { times: number; bodies: Set<string> }>()
  for (const { headers, body } of receiver.standIn.requests) {
    const id = headers['webhook-id'] ?? ''
    const known = arrivals.get(id) ?? { times: 0, bodies: new Set() }
    arrivals.set(id, known)
    known.times += 1
    known.bodies.add(body.toString())
  }
  const allowed = new Map(attempts.map((row) => [row.key, row.attempts]))
  return [...arrivals]
    .filter(([id, { times, bodies }]) => times > (allowed.get(id) ?? 0) || bodies.size > 1)
    .map(([id, { times, bodies }]) => `${id} came ${times} times with ${bodies.size} bodies`)
}
