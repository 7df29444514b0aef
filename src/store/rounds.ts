/** One statement cannot change a row twice, so the n-th change of each row goes into the n-th statement. */
export function rounds<T>(changes: readonly T[], keyOf: (change: T) => string | number): T[][] {
  const times = new Map<string | number, number>()
  const found: T[][] = []
  for (const change of changes) {
    const key = keyOf(change)
    const round = times.get(key) ?? 0
    times.set(key, round + 1)
    const others = found[round]
    if (others === undefined) found.push([change])
    else others.push(change)
  }
  return found
}
