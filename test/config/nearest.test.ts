import t from 'tap'
import { nearest } from '../../src/config/nearest.ts'

const KNOWN = [
  'port',
  'host',
  'body_limit_bytes',
  'timeout_seconds',
  'api_token',
  'get-satisfaction',
  'tea',
  'sea',
  'log',
]

const MEANT: readonly [string, string | null][] = [
  ['prot', 'port'],
  ['ports', 'port'],
  ['PORT', 'port'],
  ['api-token', 'api_token'],
  ['apitoken', 'api_token'],
  ['get_satisfaction', 'get-satisfaction'],
  ['timeout', 'timeout_seconds'],
  ['timeout_ms', 'timeout_seconds'],
  ['body_limit_kb', 'body_limit_bytes'],
  ['te', 'tea'],
  ['lgo', 'log'],
  ['cat', null],
  ['xyzzy', null],
  ['', null],
]

for (const [word, meant] of MEANT)
  t.test(
    `"${word}" ${meant === null ? 'resembles no known word' : `was probably meant to be "${meant}"`}`,
    async (t) => {
      t.equal(nearest(word, KNOWN), meant)
    },
  )
