import type { Heard, News } from '../news.ts'

/** How the instances that share a database tell each other what they have committed. It may get lost: all look themselves, too. */
export interface Wire {
  /**
   * Told soon, together with what comes meanwhile, and only if another instance listens. Never in the transaction that it
   * is about, so that no commit waits for it.
   * @param withinMs how late it may be
   */
  tell(news: News, withinMs: number): void
  /** Resolves when something was heard, or whether anything can be heard has changed; null: nothing will be any more. */
  heard(): Promise<Heard | null>
  /** Tells what is not told yet. */
  close(): Promise<void>
}

/** For a database that cannot tell anybody anything. */
export const NO_WIRE: Wire = {
  tell() {},
  heard: async () => null,
  async close() {},
}
