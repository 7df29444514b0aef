/** Never shows the same moment twice, so that what a target keeps in two lists can be put in order. @param stepMs what its times are told in */
export function risingClock(stepMs = 1): () => Date {
  let last = 0
  return () => {
    last = Math.max(Math.floor(Date.now() / stepMs) * stepMs, last + stepMs)
    return new Date(last)
  }
}
