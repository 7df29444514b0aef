/** Milliseconds of the machine's monotonic clock, which all processes share; `performance.now` begins anew in each. */
export function now(): number {
  const [seconds, nanoseconds] = process.hrtime()
  return seconds * 1000 + nanoseconds / 1e6
}
