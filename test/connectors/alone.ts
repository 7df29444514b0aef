/** Does one work after the other, as the store does for all processes of a relay. */
export function alone(): <T>(name: string, work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve()
  return (_, work) => {
    const done = last.then(work)
    last = done.catch(() => {})
    return done
  }
}
