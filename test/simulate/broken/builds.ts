import type { CastName } from '../casts.ts'

/** A build that breaks a promise on purpose: a few texts of one file of src are replaced. */
export interface BrokenBuild {
  readonly name: string
  /** Without its ending. */
  readonly file: string
  readonly replaced: readonly (readonly [text: RegExp, by: string])[]
  /** The first seed that is played. */
  readonly seed: number
  /** Default: gitlab. */
  readonly cast?: CastName
  /** It is caught as soon as `npm test` plays a seed; others need the length that the command has by default. */
  readonly isCaughtSoon?: true
}

export const NOT_ASKED = [
  /delivery\.inDoubtSince !== null && session\.confirm !== (undefined|void 0)/,
  'false',
] as const

export const BROKEN_BUILDS: readonly BrokenBuild[] = [
  {
    name: 'the lease is not looked at before the write',
    file: 'src/queue/lease',
    seed: 41,
    replaced: [
      [/sinceMs <= leaseMs \/ 3/, 'sinceMs <= Infinity'],
      [/if \(lost\)/g, 'if (false)'],
      [/lost \? ended\(\) : age\(\) > leaseMs \? late\(age\(\)\) : null/, 'null'],
    ],
  },
  {
    name: 'what is in doubt is not asked about',
    file: 'src/queue/carry-out',
    seed: 4,
    isCaughtSoon: true,
    replaced: [NOT_ASKED],
  },
  {
    name: 'what is in doubt is not asked about, with JIRA and Mastodon',
    file: 'src/queue/carry-out',
    seed: 44,
    cast: 'jira',
    isCaughtSoon: true,
    replaced: [NOT_ASKED],
  },
  {
    name: 'a commit is acknowledged before it is durable',
    file: 'src/store/dialect/sqlite-transaction',
    seed: 2,
    isCaughtSoon: true,
    replaced: [
      [
        /await statement\(connection, ['"]COMMIT['"]\)/,
        "setImmediate(() => statement(connection, 'COMMIT').catch(() => {}))",
      ],
    ],
  },
  {
    name: 'a lane is free before its delivery has ended',
    file: 'src/store/settle',
    seed: 1,
    isCaughtSoon: true,
    replaced: [[/isSettled\(outcome\.state\)\)\.flatMap/, 'true).flatMap']],
  },
  {
    name: 'a delivery that its target never takes counts as an outage',
    file: 'src/queue/breaker',
    seed: 16,
    replaced: [[/return isFirst \|\| breaker\.only === delivery \? delivery : (undefined|void 0)/, 'return undefined']],
  },
]
