import { NOT_ASKED } from '../../simulate/broken/builds.ts'
import type { BrokenRelay } from '../broken-relay.ts'
import type { Verdict } from '../verdict.ts'
import type { Kind } from './kinds.ts'

export interface Caught extends BrokenRelay {
  /** The round that catches it. */
  readonly kind: Kind
  /** What is found. */
  readonly as: keyof Verdict
}

export const BROKEN: readonly Caught[] = [
  {
    name: 'what is in doubt is not asked about',
    file: 'src/queue/carry-out',
    replaced: [NOT_ASKED],
    kind: { outcomes: 'one', ends: ['killed'] },
    as: 'doubled',
  },
  {
    name: 'nobody notes that a delivery was under way when its relay died',
    file: 'src/store/dialect/lease-start',
    replaced: [
      [
        /case when state = 'delivering' then coalesce\(in_doubt_since, attempt_started_at\)\s+else in_doubt_since end/,
        'in_doubt_since',
      ],
    ],
    kind: { outcomes: 'most', ends: ['killed'] },
    as: 'doubled',
  },
  {
    name: 'a relay that is told to stop does not wait for its commits',
    file: 'src/gateway/relay',
    replaced: [[/async close\(\) \{/, 'async close() { return await app.close();']],
    kind: { outcomes: 'most', ends: ['stopped'] },
    as: 'excess',
  },
  {
    name: 'a repeat has an id of its own',
    file: 'src/connectors/webhook/session',
    replaced: [[/job\.key, now\(\)/, "job.key + (job.inDoubt ? '-again' : ''), now()"]],
    kind: { outcomes: 'one', ends: ['killed'] },
    as: 'excess',
  },
]
