import type { Chance } from '../chance.ts'
import type { DatabaseKind } from '../database-kind.ts'
import { eventually } from '../eventually.ts'
import { brokenPromises } from '../journal-file.ts'
import type { ProcessOptions } from '../relay-process.ts'
import type { Verdict } from '../verdict.ts'
import type { CommitLock } from './commit-lock.ts'
import type { Passed } from './front.ts'
import { judge, verdictFrom } from './judge.ts'
import { type Kind, lanesOf, named } from './kinds.ts'
import type { Place } from './places.ts'
import { openScene, type Stand, type Test } from './scene.ts'
import { createStrikes } from './strikes.ts'

export interface Played {
  readonly verdict: Verdict
  /** How many outcomes were on their way at once: the most of any round. */
  readonly most: readonly { readonly place: Place; readonly count: number }[]
  readonly peakMegabytes: number
  /** What relays wrote to standard error. */
  readonly complaints: string
}

interface RoundsParts {
  readonly database: DatabaseKind
  readonly chance: Chance
  /** Of the rounds, in order. */
  readonly kinds: readonly Kind[]
  /** Default: all. */
  readonly places?: readonly string[]
  readonly options?: ProcessOptions
}

interface Answering {
  /** Makes the relay ask what `isHeld` picks. */
  begin(): Promise<void>
  isHeld(stand: Stand, asked: Passed): boolean
  readonly how: 'carried out' | 'refused'
  /** How many of those each target is asked at least, before nothing can be committed. */
  expected(stand: Stand): number
  /** Waits for a good moment. */
  isReady?(): Promise<void>
}

interface Answered {
  readonly lock: CommitLock
  /** How many of the answers that were held, or came later, the relay has read; by place. */
  readonly read: ReadonlyMap<string, number>
}

/** Of a place that has tickets. */
const MOST_STORIES_A_ROUND = 7

/** Plays the rounds one after the other, until something is found that must not be. */
export async function playRounds(t: Test, { kinds, ...parts }: RoundsParts): Promise<Played> {
  const scene = await openScene(t, { ...parts, stories: kinds.length * MOST_STORIES_A_ROUND })
  const { stands, fleet, tracker, file } = scene
  const strikes = createStrikes(scene)
  const most = new Map<string, number>()

  /** Makes the relay send two comments, and between them perhaps a state, of each story. */
  async function tell(kind: Kind): Promise<void> {
    const all = (): Promise<void> =>
      tellEach((concurrency) => lanesOf(kind, concurrency), ['comment', 'started', 'comment'])
    if (kind.outcomes !== 'most') return await all()
    // As a backlog, so that none of the answers that are held is late: for a slow target nothing is taken ahead.
    await scene.steer('pause')
    await all()
    await scene.steer('resume')
  }

  async function tellEach(
    lanes: (concurrency: number) => number,
    whats: readonly ('comment' | 'started')[],
  ): Promise<void> {
    await Promise.all(
      stands.map(async ({ place }) => {
        const stories = Array.from({ length: lanes(place.concurrency) }, () => tracker.newStory(place.name))
        for (const what of whats)
          if (what === 'comment' || place.moves !== undefined) await tracker.tell(scene.relay(), place, stories, what)
      }),
    )
  }

  /** Lets the targets answer while nothing can be committed. */
  async function answer({ begin, isHeld, how, expected, isReady }: Answering): Promise<Answered> {
    const before = new Map(stands.map(({ place, front }) => [place.name, front.passed.length]))
    const since = ({ place, front }: Stand): readonly Passed[] => front.passed.slice(before.get(place.name))
    for (const stand of stands) stand.front.hold((asked) => isHeld(stand, asked), how)
    await begin()
    await eventually(
      () => stands.every((stand) => since(stand).filter(({ stage }) => stage === 'held').length >= expected(stand)),
      'the targets have been asked',
    )
    await scene.isQuiet()
    await isReady?.()
    const lock = scene.lock()
    await lock.hold()
    for (const { front } of stands) front.release()
    await scene.isQuiet()
    await lock.isWaitedFor()
    const read = new Map<string, number>()
    for (const stand of stands) {
      const count = since(stand).filter((asked) => asked.stage === 'read' && isHeld(stand, asked)).length
      if (count < expected(stand)) throw new Error(`${stand.place.name}: only ${count} answers were read`)
      read.set(stand.place.name, count)
    }
    return { lock, read }
  }

  /** The writes are answered. */
  async function answerWrites(kind: Kind): Promise<CommitLock> {
    const { lock, read } = await answer({
      begin: () => tell(kind),
      isHeld: ({ place }, asked) => place.isWrite(asked),
      how: kind.isRefused === true ? 'refused' : 'carried out',
      expected: ({ place: { concurrency } }) => Math.min(concurrency, lanesOf(kind, concurrency)),
      // So that what is at hand can be sent without extending its lease, which takes a commit.
      isReady: scene.areExtended,
    })
    const underWay = await scene.underWay()
    for (const [name, count] of read) {
      const taken = underWay.filter(({ integration }) => integration === name).length
      if (count > taken) throw new Error(`${name}: ${count} answers were read, but only ${taken} are not committed`)
      most.set(name, Math.max(count, most.get(name) ?? 0))
    }
    return lock
  }

  /** The next relay asks about what is in doubt, or sends it again, and is answered. */
  async function answerQuestions(): Promise<CommitLock> {
    const inDoubt = new Set((await scene.underWay()).map(({ integration }) => integration))
    const { lock } = await answer({
      begin: () => fleet.start(0),
      isHeld: () => true,
      how: 'carried out',
      expected: ({ place }) => (inDoubt.has(place.name) ? 1 : 0),
    })
    return lock
  }

  async function play(kind: Kind, isLast: boolean): Promise<void> {
    const [end, nextEnd] = kind.ends
    if (kind.outcomes === 'most') {
      // Only for a target that has answered quickly, some are taken ahead.
      await tellEach(() => 1, ['comment'])
      await scene.areSettled()
    }
    await strikes.end(end, await answerWrites(kind))
    if (nextEnd !== undefined) await strikes.end(nextEnd, await answerQuestions())
    if (isLast) fleet.needsNoSpare()
    await fleet.start(0)
    await scene.areSettled()
  }

  async function verdict(): Promise<Verdict> {
    const { told } = tracker
    const found = stands.map(({ place, front }) =>
      judge(
        place,
        front,
        told.filter((each) => each.place === place.name),
        strikes.doubts,
      ),
    )
    const dead = await file.all<{ id: number; integration: string; note: string }>(
      "select id, integration, note from deliveries where state <> 'delivered'",
    )
    return verdictFrom(told, found, {
      stuck: [...strikes.left, ...dead.map((row) => JSON.stringify(row))],
      broken: await brokenPromises(file),
      cutOff: [...strikes.doubts.values()].reduce((sum, count) => sum + count, 0),
    })
  }

  let found = await verdict()
  for (const [at, kind] of kinds.entries()) {
    const began = performance.now()
    await play(kind, at === kinds.length - 1)
    found = await verdict()
    t.comment(`${named(kind)}: ${((performance.now() - began) / 1000).toFixed(1)} s`)
    if (isBroken(found) || fleet.complaints() !== '') break
  }
  const peakMegabytes = fleet.peakMegabytes()
  await fleet.stop()
  return {
    verdict: found,
    most: stands.map(({ place }) => ({ place, count: most.get(place.name) ?? 0 })),
    peakMegabytes,
    complaints: fleet.complaints(),
  }
}

/** Whether anything that is promised is broken. */
export function isBroken({ lost, doubled, outOfOrder, stuck, excess, broken }: Verdict): boolean {
  return [lost, doubled, outOfOrder, stuck, excess, broken].some((all) => all.length > 0)
}
