import type { Directory, ForeignState, SourceTools } from '../contract/source.ts'

/** All that the tool's API told in one go. */
export interface Facts {
  readonly people: ReadonlyMap<string, string>
  readonly states: ReadonlyMap<string, ForeignState>
}

/** The strictest tool wants an answer to its hook within five seconds. */
const LONGEST_WAIT_MS = 2000
/** An id that is not known may be new, but is not asked for with every event. */
const ASKED_AGAIN_MS = 60_000
/** Names change. */
const FRESH_MS = 3_600_000

export interface LoadedDirectory extends Directory {
  /** Begins to ask, so that the first hook finds the answer. */
  warm(): void
}

/**
 * Remembers what the tool's API tells of people and states. It is asked at the start, once an hour, and when an id is not
 * known. A hook waits for it for two seconds at most, and no longer than that all in all if it does not answer.
 * @param load asks for everything at once; what it throws is forgotten, since the hook can do without
 */
export function createDirectory(
  load: () => Promise<Facts>,
  { steady, pause }: Pick<SourceTools, 'steady' | 'pause'>,
): LoadedDirectory {
  let facts: Facts = { people: new Map(), states: new Map() }
  let askedAt = Number.NEGATIVE_INFINITY
  let asking: Promise<void> | null = null
  let waitedFor: Promise<void> | null = null

  function ask(): Promise<void> {
    askedAt = steady()
    asking ??= load()
      .then(
        (found) => {
          facts = found
        },
        () => {},
      )
      .finally(() => {
        asking = null
        waitedFor = null
      })
    return asking
  }

  /** Those that wait for the same answer wait together, also one after the other. */
  function wait(work: Promise<void>): Promise<void> {
    waitedFor ??= Promise.race([work, pause(LONGEST_WAIT_MS)])
    return waitedFor
  }

  async function find<T>(known: (facts: Facts) => T | undefined): Promise<T | null> {
    if (steady() - askedAt > FRESH_MS) void ask()
    const found = known(facts)
    if (found !== undefined) return found
    if (asking === null && steady() - askedAt > ASKED_AGAIN_MS) void ask()
    if (asking !== null) await wait(asking)
    return known(facts) ?? null
  }

  return {
    person: (id) => find(({ people }) => people.get(id)),
    state: (id) => find(({ states }) => states.get(id)),
    warm: () => void ask(),
  }
}
