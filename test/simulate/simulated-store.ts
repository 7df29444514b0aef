import type { Delivery, Taken } from '../../src/store/delivery.ts'
import type { Appended, Entry } from '../../src/store/entry.ts'
import type { Settlement } from '../../src/store/settle.ts'
import type { SkipRequest } from '../../src/store/skip.ts'
import type { Store } from '../../src/store/store.ts'
import type { TakeRequest } from '../../src/store/take.ts'
import type { ThreadedStore } from '../../src/store/thread.ts'
import type { Actor, World } from './world.ts'

/** Is told what was committed, whether or not the caller hears of it. */
export interface Ledger {
  appending(entry: Entry): void
  appended(entry: Entry, result: Appended): void
  /** @param onlyAsked none of them may be written by this attempt */
  taken(actor: Actor, taken: readonly Taken[], onlyAsked: boolean): void
  settled(actor: Actor, settlement: Settlement, isOurs: boolean): void
  /** None of them was begun. */
  gaveBack(actor: Actor, taken: readonly Taken[]): void
  replayed(deliveries: readonly Delivery[]): void
  /** Whatever they were before, they are skipped now. */
  skipped(deliveries: readonly Delivery[]): void
}

/** How often the database was changed, by what all incarnations read again and again; shared by them. */
export interface Changes {
  of(what: string): number
  count(what: readonly string[] | 'all'): void
}

export function createChanges(): Changes {
  const counts = new Map<string, number>()
  let all = 0
  return {
    of: (what) => all + (counts.get(what) ?? 0),
    count(what) {
      if (what === 'all') all += 1
      else for (const each of what) counts.set(each, (counts.get(each) ?? 0) + 1)
    },
  }
}

const READS: ReadonlySet<string> = new Set<keyof Store>([
  ...(['firstDoubt', 'underWay', 'receiptedIds', 'latestReceipt', 'nextDue', 'storedActivity', 'nextState'] as const),
  ...(['sentOn', 'laterStatesDelivered', 'link', 'linkedTickets', 'links', 'integrationStates', 'loadSealed'] as const),
  ...([
    'sealedNames',
    'heldBefore',
    'loadNote',
    'lastNotice',
    'counts',
    'oldestOpen',
    'deliveries',
    'delivery',
  ] as const),
  ...(['bucket', 'atWork', 'openInDigest'] as const),
  ...(['rejected', 'rejectedRequest', 'rejectedIds', 'isReplayRunning', 'countThose'] as const),
])
/** Asked for again and again, while mostly nothing has changed. */
const KEPT: ReadonlySet<string> = new Set(['nextDue', 'firstDoubt', 'underWay', 'integrationStates', 'isReplayRunning'])
/** Of what SQLite's answer does not depend on: the caller's clock, which comes last. */
const TOLD_BY_THE_CALLER: ReadonlySet<string> = new Set(['nextDue', 'firstDoubt', 'integrationStates'])
const STATES = 'states'

/** The real store as the world runs it: each verb is a call that happens in its turn. */
export function simulatedStore(
  store: Store,
  actor: Actor,
  world: World,
  ledger: Ledger,
  changes: Changes,
): ThreadedStore {
  const kept = new Map<string, { readonly at: number; readonly answer: unknown }>()

  const keyOf = (name: string, args: readonly unknown[]): string =>
    `${name} ${JSON.stringify(TOLD_BY_THE_CALLER.has(name) ? args.slice(0, -1) : args)}`

  const whatIn = (name: string, args: readonly unknown[]): string =>
    name === 'integrationStates' ? STATES : String(args[0] ?? STATES)

  function known(name: string, args: readonly unknown[]): { readonly answer: unknown } | null {
    const found = kept.get(keyOf(name, args))
    return found !== undefined && found.at === changes.of(whatIn(name, args)) ? found : null
  }

  async function read(name: string, args: readonly unknown[], work: Verb): Promise<unknown> {
    const answer = await work(...args)
    const at = changes.of(whatIn(name, args))
    if (KEPT.has(name)) kept.set(keyOf(name, args), { at, answer })
    return answer
  }

  async function write(name: string, args: readonly unknown[], work: Verb): Promise<unknown> {
    if (name === 'append') ledger.appending(args[0] as Entry)
    if (name === 'take' && isKnownToBeInVain(args[0] as TakeRequest)) return []
    try {
      const answer = await work(...args)
      changes.count(changedBy(name, args, answer))
      if (name === 'append') ledger.appended(args[0] as Entry, answer as Appended)
      else if (name === 'take') ledger.taken(actor, answer as Taken[], (args[0] as TakeRequest).early === true)
      else if (name === 'skip') ledger.skipped(await skippedOf(args[0] as SkipRequest))
      else if (name === 'giveBack') ledger.gaveBack(actor, args[0] as Taken[])
      else if (name === 'settle') ledger.settled(actor, args[0] as Settlement, answer as boolean)
      return answer
    } catch (error) {
      // Part of it may have been committed.
      changes.count('all')
      throw error
    }
  }

  async function skippedOf({ selection: { ids = [] } }: SkipRequest): Promise<Delivery[]> {
    const found = await Promise.all(ids.map((id) => store.delivery(id)))
    return found.flatMap((one) => (one?.delivery.state === 'skipped' ? [one.delivery] : []))
  }

  function isKnownToBeInVain({ integration, now, early, abandoned = [] }: TakeRequest): boolean {
    if (early === true) return false
    const found = abandoned.length > 0 ? null : known('nextDue', [integration, now])
    return found !== null && (found.answer === null || (found.answer as number) > now)
  }

  /** Nothing is due before the next due date: a look at it is cheaper than a commit. */
  async function lookWhenDue({ integration, now, early }: TakeRequest): Promise<void> {
    const args = [integration, now]
    if (early !== true && known('nextDue', args) === null) await read('nextDue', args, store.nextDue as Verb)
  }

  function verb(name: string, work: Verb): Verb {
    const isWrite = !READS.has(name)
    // SQLite tells nobody anything.
    if (name === 'heard') return work
    return (...args) => {
      const again = KEPT.has(name) ? known(name, args) : null
      if (again !== null) return Promise.resolve(again.answer)
      if (name === 'take' && isKnownToBeInVain(args[0] as TakeRequest)) return Promise.resolve([])
      const kind = isWrite ? 'writes' : 'reads'
      const look = name === 'take' ? () => lookWhenDue(args[0] as TakeRequest) : undefined
      return world.call(actor, textOf(name, args), kind, () => (isWrite ? write : read)(name, args, work), look)
    }
  }

  const verbs = Object.entries(store).filter(([, work]) => typeof work === 'function') as [string, Verb][]
  return Object.fromEntries(verbs.map(([name, work]) => [name, verb(name, work)])) as unknown as ThreadedStore
}

type Verb = (...args: readonly unknown[]) => Promise<unknown>

/** What may be read differently now: the queues of these integrations, or the states of integrations. */
function changedBy(name: string, args: readonly unknown[], answer: unknown): readonly string[] | 'all' {
  const [first] = args
  switch (name) {
    case 'append':
      return (first as Entry).deliveries.map(({ integration }) => integration)
    case 'giveBack':
      return (first as Taken[]).map(({ integration }) => integration)
    case 'take':
      return (answer as Taken[]).map(({ integration }) => integration)
    case 'settle':
      return [(first as Settlement).delivery.integration]
    case 'saveBreaker':
      return [STATES]
    case 'keep':
      return []
    case 'expire':
      return answer === 0 ? [] : 'all'
    case 'sweep':
      return (answer as { activities: number }).activities === 0 ? [] : 'all'
    default:
      return 'all'
  }
}

function textOf(name: string, args: readonly unknown[]): string {
  const [first] = args
  if (name === 'append') return `append ${(first as Entry).activity.key}`
  if (name === 'take') return `take ${(first as TakeRequest).integration}`
  if (name === 'settle') {
    const { delivery, outcome } = first as Settlement
    return `settle ${delivery.id} ${outcome.word}`
  }
  return typeof first === 'string' ? `${name} ${first}` : name
}
