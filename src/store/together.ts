/**
 * Reads that begin in the same turn of the event loop share one query, as those of deliveries that were taken together.
 * @param read returns what it finds, by the key's name
 */
export function together<K, R>(
  nameOf: (key: K) => string,
  read: (keys: readonly K[]) => Promise<ReadonlyMap<string, R>>,
): (key: K) => Promise<R | undefined> {
  let next: { readonly keys: K[]; readonly found: Promise<ReadonlyMap<string, R>> } | null = null

  function begin(): NonNullable<typeof next> {
    const keys: K[] = []
    const found = new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
      next = null
      return read(keys)
    })
    return { keys, found }
  }

  return async (key) => {
    next ??= begin()
    next.keys.push(key)
    return (await next.found).get(nameOf(key))
  }
}
