/** What our own account wrote, as the target shows it. */
export interface Written {
  readonly id: string
  /** Milliseconds since 1970, by the target's clock; null when it cannot be read. */
  readonly createdAt: number | null
}

/** More than a page of a target's recent writings holds. */
const REMEMBERED = 500

/** Remembers what came of which job, so that the same words said twice on purpose are told apart. */
export interface OwnWritings {
  remember(id: string, jobKey: string): void
  /**
   * What an attempt of the job may have written since then, remembered from now on; null when it is not among these.
   * @param isIt whether these are the words, by our own account
   */
  find<W extends Written>(
    writings: readonly W[],
    sought: { isIt(each: W): boolean; readonly notBefore: Date; readonly jobKey: string },
  ): W | null
}

export function createOwnWritings(): OwnWritings {
  const jobs = new Map<string, string>()
  function remember(id: string, jobKey: string): void {
    jobs.set(id, jobKey)
    const [oldest] = jobs.keys()
    if (jobs.size > REMEMBERED && oldest !== undefined) jobs.delete(oldest)
  }
  return {
    remember,
    find(writings, { isIt, notBefore, jobKey }) {
      const found = writings.find(
        (each) =>
          each.createdAt !== null &&
          each.createdAt >= notBefore.getTime() &&
          isIt(each) &&
          (jobs.get(each.id) ?? jobKey) === jobKey,
      )
      if (found !== undefined) remember(found.id, jobKey)
      return found ?? null
    },
  }
}
