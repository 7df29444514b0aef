/**
 * Lets one call run at a time, in the order in which they were made: connectors read pages side by side, and which of
 * them comes first is chance.
 */
export function oneAtATime<In, Out>(call: (given: In) => Promise<Out>) {
  let last: Promise<unknown> = Promise.resolve()
  let waiting = 0

  return {
    call(given: In): Promise<Out> {
      waiting += 1
      const result = last.then(() => call(given))
      last = result.then(
        () => {
          waiting -= 1
        },
        () => {
          waiting -= 1
        },
      )
      return result
    },
    /** Resolves when nothing is under way, and nothing came of what was. */
    async idle(): Promise<void> {
      do {
        await last
        await new Promise((resolve) => setImmediate(resolve))
      } while (waiting > 0)
    },
  }
}
