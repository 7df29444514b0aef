/** A token bucket: a burst of up to ten, then an even rate. */
export interface Bucket {
  readonly tokens: number
  /** When it held them. */
  readonly at: number
}

const BURST = 10

export function fullBucket(perMinute: number, now: number): Bucket {
  return { tokens: Math.min(BURST, perMinute), at: now }
}

export function refill(bucket: Bucket, perMinute: number, now: number): Bucket {
  const flowed = (Math.max(0, now - bucket.at) * perMinute) / 60_000
  return { tokens: Math.min(Math.min(BURST, perMinute), bucket.tokens + flowed), at: Math.max(bucket.at, now) }
}

export function spend(bucket: Bucket, tokens: number): Bucket {
  return { ...bucket, tokens: bucket.tokens - tokens }
}

export function nextToken(bucket: Bucket, perMinute: number): number {
  return bucket.at + Math.ceil(((1 - Math.min(1, bucket.tokens)) * 60_000) / perMinute)
}
