/**
 * Remembers answers for a while, the most recently used of them, and asks only once for what several want to know at
 * the same time. What could not be answered is not remembered.
 * @param ttlMs how long an answer counts; 0: only who asks while the question is under way shares its answer
 */
export function createCache<T>(size: number, ttlMs: number, now: () => number) {
  const answers = new Map<string, { readonly value: T; readonly until: number }>()
  const underWay = new Map<string, Promise<T>>()

  async function ask(key: string, question: () => Promise<T>): Promise<T> {
    try {
      const value = await question()
      // A Map keeps the order of insertion: whatever was used last stands last.
      answers.delete(key)
      if (ttlMs > 0) answers.set(key, { value, until: now() + ttlMs })
      for (const oldest of answers.keys()) {
        if (answers.size <= size) break
        answers.delete(oldest)
      }
      return value
    } finally {
      underWay.delete(key)
    }
  }

  return async (key: string, question: () => Promise<T>): Promise<T> => {
    const known = answers.get(key)
    if (known !== undefined && now() < known.until) {
      answers.delete(key)
      answers.set(key, known)
      return known.value
    }
    const asked = underWay.get(key) ?? ask(key, question)
    underWay.set(key, asked)
    return await asked
  }
}
