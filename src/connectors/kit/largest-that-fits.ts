/** The largest size up to `to` that fits, by halving: a size fits if a larger one does, and `from` is taken to fit. */
export function largestThatFits(from: number, to: number, fits: (size: number) => boolean): number {
  if (fits(to)) return to
  let low = from
  let high = to
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (fits(middle)) low = middle
    else high = middle
  }
  return low
}
