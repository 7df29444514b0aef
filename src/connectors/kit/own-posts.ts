import { sameWords } from './same-words.ts'

/** A post of our own account, as the target shows it. */
export interface OwnPost {
  readonly id: string
  readonly text: string
  /** milliseconds since 1970, by the target's clock */
  readonly createdAt: number
  /** Whether its links are those that were sent; not where the target shows its own instead. */
  readonly links: 'compared' | 'ignored'
}

/** More than a page of recent posts holds. */
const REMEMBERED = 500

/** Remembers which post came of which job, so that the same words said twice on purpose are told apart. */
export interface OwnPosts {
  remember(postId: string, jobKey: string): void
  /** The post that an attempt of the job may have written since then; null when it is not among these. */
  find(posts: readonly OwnPost[], sought: { text: string; notBefore: number; jobKey: string }): OwnPost | null
}

export function createOwnPosts(): OwnPosts {
  const jobs = new Map<string, string>()
  function remember(postId: string, jobKey: string): void {
    jobs.set(postId, jobKey)
    const [oldest] = jobs.keys()
    if (jobs.size > REMEMBERED && oldest !== undefined) jobs.delete(oldest)
  }
  return {
    remember,
    find(posts, { text, notBefore, jobKey }) {
      const found = posts.find(
        (each) =>
          each.createdAt >= notBefore &&
          sameWords(each.text, text, each.links) &&
          (jobs.get(each.id) ?? jobKey) === jobKey,
      )
      if (found !== undefined) remember(found.id, jobKey)
      return found ?? null
    },
  }
}
