/** ISO 8601 in UTC with milliseconds, of what a tool told; null if none of them is a time. */
export function eventTime(...told: readonly unknown[]): string | null {
  for (const each of told) {
    const time = typeof each === 'string' || typeof each === 'number' ? new Date(each) : null
    if (time !== null && !Number.isNaN(time.getTime()) && time.getTime() > 0) return time.toISOString()
  }
  return null
}
