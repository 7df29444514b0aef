import { createArms } from './arms.ts'
import { createDisk } from './disk.ts'
import { createExaminer } from './examiner.ts'
import { createHappenings } from './happenings.ts'
import { createInvariants } from './invariants.ts'
import { createMachine, type Machine } from './machine.ts'
import { createNetwork } from './network.ts'
import { createOperator } from './operator.ts'
import { randomOf } from './random.ts'
import { LONGEST_PROBE_MS, LONGEST_QUESTIONS_MS, type Scenario } from './scenario.ts'
import { createChanges, type Ledger } from './simulated-store.ts'
import { createTracker } from './tracker.ts'
import { createWaits } from './waits.ts'
import { createActor, createWorld } from './world.ts'

export interface Run {
  readonly seed: number
  /** The invariant that was broken; null if all held. */
  readonly breach: string | null
  readonly story: readonly string[]
  readonly hash: string
  readonly attempts: number
  /** How many faults have struck. */
  readonly faults: number
  readonly hours: number
}

const LEASE_MS = 10_000
const MINUTE_MS = 60_000
/** Everything ends within this time once all troubles are over. */
const LONGEST_END_MS = 4 * 86_400_000
const EXAMINED_EVERY_MS = 2 * 3_600_000
const RESERVE_STEP = 8
const RESERVE_PAUSE_MS = 10 * MINUTE_MS
/** Calls of one incarnation under way at once. */
const MOST_OUTSTANDING = 200

/** Plays a scenario on the real core and store, and says whether every invariant held. */
export async function simulate(scenario: Scenario): Promise<Run> {
  const { seed, startAt, untilAt, configs, cast, visible } = scenario
  const disk = await createDisk()
  const arms = createArms()
  const gods = createActor('world')
  const reserve = [...scenario.reserve]
  let faults = 0
  let failure: unknown = null

  const world = createWorld({
    startAt,
    random: randomOf(seed, 'world'),
    fateOf: arms.fateOf,
    keepDisk: disk.keep,
    async onDeath(actor) {
      strike()
      for (const machine of machines) if (machine.running?.actor === actor) await machine.die()
    },
    async onPowerCut() {
      strike()
      world.story.tell('world', 'the power is cut')
      await everybodyGone()
      disk.bringBack()
      changes.count('all')
      examiner.open()
      operator.open()
      await examiner.examine()
    },
  })
  const troubles = scenario.happenings.flatMap((each) => (each.type === 'trouble' ? [each] : []))
  const invariants = createInvariants({
    world,
    canBeAsked: (integration) => cast.canBeAsked(integration, { visible, troubles }),
  })
  const waits = createWaits(
    world,
    {
      lookMs: scenario.lookMs,
      probeMs: LONGEST_PROBE_MS,
      questionsMs: (integration) => (integration === cast.place ? LONGEST_QUESTIONS_MS : 0),
      clocksApartMs() {
        const ahead = machines.map(({ aheadMs }) => aheadMs)
        return Math.max(...ahead) - Math.min(...ahead)
      },
    },
    () => machines.flatMap(({ running }) => (running?.isReady === true ? [running.actor] : [])),
    invariants.fail,
  )
  const ledger: Ledger = {
    ...invariants,
    appended(entry, result) {
      invariants.appended(entry, result)
      if (!result.duplicate) entry.deliveries.forEach(waits.planned)
    },
    taken(actor, taken, onlyAsked) {
      invariants.taken(actor, taken, onlyAsked)
      for (const each of taken) waits.taken(actor, each)
    },
    settled(actor, settlement, isOurs) {
      invariants.settled(actor, settlement, isOurs)
      if (isOurs) waits.settled(actor, settlement)
    },
    gaveBack(actor, taken) {
      invariants.gaveBack(actor, taken)
      taken.forEach(waits.gaveBack)
    },
    replayed(deliveries) {
      invariants.replayed(deliveries)
      for (const { lanes, integration } of deliveries) waits.lose(lanes, integration)
    },
    skipped(deliveries) {
      invariants.skipped(deliveries)
      for (const { key } of deliveries) waits.left(key)
    },
  }
  const { targets, chat } = cast.open({ seed, visible })
  const network = createNetwork({
    world,
    random: randomOf(seed, 'network'),
    targets,
    aheadMs: scenario.aheadMs,
    onFault() {
      faults += 1
    },
    onDeparture: invariants.departs,
    onWrite: invariants.written,
  })
  const changes = createChanges()
  const { lookMs } = scenario
  const shared = { seed, file: disk.file, world, network, ledger, changes, leaseMs: LEASE_MS, lookMs }
  const machines: readonly Machine[] = ['A', 'B', 'C']
    .slice(0, scenario.machines)
    .map((name) => createMachine({ ...shared, name }))
  const sent = new Map([...scenario.arrivals, ...scenario.reserve].map(({ guid, body }) => [guid, body]))
  const examiner = createExaminer(disk.file, invariants, (key) => sent.get(key))
  const operator = createOperator(shared)
  const tracker = createTracker({
    ...{ world, machines, random: randomOf(seed, 'tracker'), fail: invariants.fail },
    acknowledged: ({ projectId, guid }) => invariants.acknowledged(`${projectId} ${guid}`),
  })

  const happenings = createHappenings({
    ...{ world, gods, arms, network, chat, operator, waits, machines, configs, strike, raise },
    placeAheadMs: scenario.aheadMs.get(cast.place) ?? 0,
  })

  function later(ms: number, work: () => void): void {
    world.at(world.now() + ms, gods, work)
  }

  /** A fault has struck. */
  function strike(): void {
    faults += 1
    waits.disturb(world.now())
  }

  async function everybodyGone(): Promise<void> {
    for (const machine of machines) await machine.die()
    await operator.close()
    await examiner.close()
  }

  /** Goes on until there were as many attempts as were wanted. */
  function end(): void {
    if (invariants.attempts() >= scenario.attempts || reserve.length === 0) {
      heal()
      return
    }
    for (const arrival of reserve.splice(0, RESERVE_STEP)) tracker.send(arrival)
    later(RESERVE_PAUSE_MS, end)
  }

  function heal(): void {
    world.story.tell('world', 'all troubles are over')
    network.heal()
    arms.disarm()
    waits.disturb(world.now() + MINUTE_MS)
    happenings.end()
    operator.resumeAll(cast.hosts)
  }

  function raise(error: unknown): void {
    failure ??= error
  }

  let examinedAt = startAt
  let open = Number.POSITIVE_INFINITY

  async function look(): Promise<void> {
    if (happenings.areOver()) open = await examiner.unfinished()
    if (world.now() - examinedAt < EXAMINED_EVERY_MS) return
    examinedAt = world.now()
    await examiner.examine()
    for (const { running } of machines)
      if (running !== null && world.outstanding(running.actor) > MOST_OUTSTANDING)
        invariants.fail(`${running.actor.name} has ${world.outstanding(running.actor)} calls under way`)
  }

  function everyMinute(): void {
    happenings.everyMinute()
    if (happenings.areOver() || world.now() - examinedAt >= EXAMINED_EVERY_MS)
      world.call(gods, 'look', 'own', look).catch(raise)
    later(MINUTE_MS, everyMinute)
  }

  function isOver(): boolean {
    if (failure !== null || invariants.breach() !== null) return true
    return (open === 0 && tracker.isDone()) || world.now() > untilAt + LONGEST_END_MS
  }

  const onUnhandled = (error: unknown): void => invariants.fail(`nobody handles ${error}`)
  process.on('unhandledRejection', onUnhandled)
  try {
    examiner.open()
    operator.open()
    for (const machine of machines) happenings.start(machine)
    for (const arrival of scenario.arrivals) world.at(arrival.at, gods, () => tracker.send(arrival))
    for (const happening of scenario.happenings) world.at(happening.at, gods, () => happenings.happen(happening))
    later(MINUTE_MS, everyMinute)
    world.at(untilAt, gods, end)
    await world.run(isOver)
    if (failure !== null) throw failure
    if (invariants.breach() === null) {
      if (open > 0) invariants.fail(`${open} deliveries or replays have not ended although all troubles are over`)
      await examiner.examine()
      await examiner.examineBodies()
      invariants.examineEnd()
    }
  } finally {
    process.off('unhandledRejection', onUnhandled)
    await everybodyGone()
    disk.remove()
  }
  return {
    seed,
    breach: invariants.breach(),
    story: world.story.lines(),
    hash: world.story.hash(),
    attempts: invariants.attempts(),
    faults,
    hours: (world.now() - startAt) / 3_600_000,
  }
}
