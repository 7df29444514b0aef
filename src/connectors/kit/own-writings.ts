/** What our own account wrote, as the target shows it. */
export interface Written {
  readonly id: string
  /** Milliseconds since 1970, by the target's clock; null if it cannot be read. */
  readonly createdAt: number | null
}

/** The latest ones. */
export interface WritingsPage<W extends Written> {
  readonly writings: readonly W[]
  /** True if the target has, or may have, older ones. */
  readonly hasOlder: boolean
  /** Nothing older was asked for. */
  readonly from?: Date
}

export interface Sought<W extends Written> {
  /** Whether these are the words, by our own account. */
  isIt(each: W): boolean
  readonly notBefore: Date
  readonly jobKey: string
}

/** More than a page of a target's recent writings holds. */
const REMEMBERED = 500

/** Remembers which job wrote what, so that the same words sent twice on purpose are told apart. */
export interface OwnWritings {
  remember(id: string, jobKey: string): void
  /** What an attempt of the job wrote, remembered from now on; null if it is not among these. */
  find<W extends Written>(writings: readonly W[], sought: Sought<W>): W | null
  /** The same; 'absent' only if the page goes back to before the attempt and each of its times can be read. */
  look<W extends Written>(page: WritingsPage<W>, sought: Sought<W>): W | 'absent' | 'cannot tell'
}

export function createOwnWritings(): OwnWritings {
  const jobs = new Map<string, string>()
  function remember(id: string, jobKey: string): void {
    jobs.set(id, jobKey)
    const [oldest] = jobs.keys()
    if (jobs.size > REMEMBERED && oldest !== undefined) jobs.delete(oldest)
  }
  function find<W extends Written>(writings: readonly W[], { isIt, notBefore, jobKey }: Sought<W>): W | null {
    const found = writings.find(
      (each) =>
        each.createdAt !== null &&
        each.createdAt >= notBefore.getTime() &&
        isIt(each) &&
        (jobs.get(each.id) ?? jobKey) === jobKey,
    )
    if (found !== undefined) remember(found.id, jobKey)
    return found ?? null
  }
  return {
    remember,
    find,
    look(page, sought) {
      return find(page.writings, sought) ?? (goesBackTo(page, sought.notBefore) ? 'absent' : 'cannot tell')
    },
  }
}

function goesBackTo({ writings, hasOlder, from }: WritingsPage<Written>, time: Date): boolean {
  if (writings.some(({ createdAt }) => createdAt === null) || (from !== undefined && from > time)) return false
  return !hasOlder || writings.some(({ createdAt }) => createdAt !== null && createdAt < time.getTime())
}
