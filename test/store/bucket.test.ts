import t from 'tap'
import { fullBucket, nextToken, refill, spend } from '../../src/store/bucket.ts'

t.test('a burst is allowed, then no more than the rate', async (t) => {
  let bucket = fullBucket(60, 0)
  t.equal(Math.floor(bucket.tokens), 10)
  bucket = spend(bucket, 10)
  t.equal(nextToken(bucket, 60), 1000)
  t.equal(Math.floor(refill(bucket, 60, 999).tokens), 0)
  t.equal(Math.floor(refill(bucket, 60, 1000).tokens), 1)
  t.equal(Math.floor(refill(bucket, 60, 3_600_000).tokens), 10, 'a long pause does not save up more than a burst')
})

t.test('over any length of time the rate holds', async (t) => {
  let bucket = fullBucket(30, 0)
  let sent = 0
  for (let now = 0; now <= 600_000; now += 137) {
    bucket = refill(bucket, 30, now)
    if (bucket.tokens < 1) continue
    bucket = spend(bucket, 1)
    sent += 1
  }
  t.ok(sent <= 310 && sent >= 300, `${sent} in ten minutes at 30 a minute and a burst of 10`)
})

t.test('a clock that goes back gives nothing', async (t) => {
  const bucket = spend(fullBucket(60, 10_000), 10)
  t.equal(refill(bucket, 60, 5000).tokens, 0)
})
