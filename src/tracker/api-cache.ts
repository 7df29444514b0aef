interface Clocks {
  now(): number
  /** Milliseconds of a clock that nobody sets. */
  steady(): number
}

/**
 * Caches the most recently used answers for `ttlMs`, and asks only once if several callers ask at the same time. Failures
 * are not cached. A caller does not get answers to questions from before its `notBefore`.
 * @param ttlMs 0: only callers that ask at the same time share an answer
 */
export function createCache<T>(size: number, ttlMs: number, { now, steady }: Clocks) {
  const answers = new Map<string, { readonly value: T; readonly askedAt: number; readonly until: number }>()
  const underWay = new Map<string, { readonly answer: Promise<T>; readonly askedAt: number }>()

  async function ask(key: string, askedAt: number, question: () => Promise<T>): Promise<T> {
    try {
      const value = await question()
      // A Map keeps the order of insertion, so the last used answer comes last.
      answers.delete(key)
      if (ttlMs > 0) answers.set(key, { value, askedAt, until: steady() + ttlMs })
      for (const oldest of answers.keys()) {
        if (answers.size <= size) break
        answers.delete(oldest)
      }
      return value
    } finally {
      if (underWay.get(key)?.askedAt === askedAt) underWay.delete(key)
    }
  }

  return async (key: string, notBefore: number, question: () => Promise<T>): Promise<T> => {
    const known = answers.get(key)
    if (known !== undefined && steady() < known.until && known.askedAt >= notBefore) {
      answers.delete(key)
      answers.set(key, known)
      return known.value
    }
    const asked = underWay.get(key)
    if (asked !== undefined && asked.askedAt >= notBefore) return await asked.answer
    const askedAt = now()
    const answer = ask(key, askedAt, question)
    underWay.set(key, { answer, askedAt })
    return await answer
  }
}
