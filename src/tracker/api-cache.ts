/**
 * Remembers answers for a while, the most recently used of them, and asks only once for what several want to know at
 * the same time. What could not be answered is not remembered. Whoever asks says how old an answer may be: one to a
 * question from before `notBefore` is not given, though it is remembered still.
 * @param ttlMs how long an answer counts; 0: only who asks while the question is under way shares its answer
 */
export function createCache<T>(size: number, ttlMs: number, now: () => number) {
  const answers = new Map<string, { readonly value: T; readonly askedAt: number; readonly until: number }>()
  const underWay = new Map<string, { readonly answer: Promise<T>; readonly askedAt: number }>()

  async function ask(key: string, askedAt: number, question: () => Promise<T>): Promise<T> {
    try {
      const value = await question()
      // A Map keeps the order of insertion: whatever was used last stands last.
      answers.delete(key)
      if (ttlMs > 0) answers.set(key, { value, askedAt, until: now() + ttlMs })
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
    if (known !== undefined && now() < known.until && known.askedAt >= notBefore) {
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
