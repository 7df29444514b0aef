import { StoreError } from '../../src/store/store-error.ts'
import type { Arrival } from './arrivals.ts'
import type { Machine } from './machine.ts'
import type { Random } from './random.ts'
import { createActor, type World } from './world.ts'

/** Tracker, which sends each activity until a relay has acknowledged it. */
export interface Tracker {
  send(arrival: Arrival): void
  isDone(): boolean
}

const PATIENCE_MS = 15_000
const LONGEST_REST_MS = 60_000

export function createTracker(parts: {
  readonly world: World
  readonly random: Random
  readonly machines: readonly Machine[]
  acknowledged(arrival: Arrival): void
  fail(what: string): void
}): Tracker {
  const { world, random, machines } = parts
  const itself = createActor('tracker')
  let open = 0

  function again(arrival: Arrival): void {
    world.at(world.now() + random.whole(1000, LONGEST_REST_MS), itself, () => attempt(arrival))
  }

  function attempt(arrival: Arrival): void {
    const ready = machines.flatMap(({ running }) => (running?.isReady === true ? [running] : []))
    if (ready.length === 0) {
      again(arrival)
      return
    }
    const { actor, core } = random.pick(ready)
    const project = core.inForce.project(arrival.projectId)
    if (project === undefined) throw new Error(`project ${arrival.projectId} is not in force`)
    let isOver = false
    const callOff = world.at(world.now() + PATIENCE_MS, itself, () => end(() => again(arrival)))

    function end(then: () => void): void {
      if (isOver) return
      isOver = true
      callOff()
      then()
    }

    function arrive(): void {
      core.journal
        .accept({
          project: project as NonNullable<typeof project>,
          body: Buffer.from(arrival.body),
          contentType: 'application/json',
          head: () => ({}),
        })
        .then(
          () => end(acknowledged),
          (error: unknown) => {
            if (error instanceof StoreError) end(() => again(arrival))
            else parts.fail(`activity ${arrival.guid} was refused: ${error}`)
          },
        )
    }

    function acknowledged(): void {
      world.story.tell(actor.name, `acknowledges ${arrival.guid}`)
      parts.acknowledged(arrival)
      open -= 1
    }

    if (actor.isFrozen) actor.waiting.push(arrive)
    else arrive()
  }

  return {
    send(arrival) {
      open += 1
      attempt(arrival)
      if (!arrival.isRepeated) return
      open += 1
      again(arrival)
    },
    isDone: () => open === 0,
  }
}
