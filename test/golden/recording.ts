import { basename } from 'node:path'
import type { Planned } from '../../src/store/planned.ts'
import { keptInMemory, type Opened, openConnector } from '../connectors/opened.ts'
import { type Cause, causeOf, recordedActivities } from '../connectors/recorded-activities.ts'
import { isWriteOf, type Target, type Variant } from '../connectors/variant.ts'
import { createShown, type Shown } from './shown.ts'

const NOW = '2026-11-24T06:00:00.000Z'
const A_MINUTE_MS = 60_000
/** One delivery in doubt for a comment, one for a state. */
const DOUBTFUL = ['test/activities/note_created.in.xml', 'test/activities/story_accepted.in.xml']

/** All of a variant that must not change unnoticed, section by section; the names in a section are those of activities. */
export type Recording = Readonly<Record<string, Readonly<Record<string, unknown>>>>

export async function record(variant: Variant): Promise<Recording> {
  const planner = await open(variant)
  try {
    const { opened, shown } = planner
    const activities: Record<string, unknown> = {}
    for (const file of recordedActivities()) {
      const cause = causeOf(file)
      const isAny = opened.plan(cause.activity).length > 0
      activities[basename(file)] = isAny ? await deliveriesOf(variant, cause) : []
    }
    const doubts: Record<string, unknown> = {}
    if (opened.session.confirm !== undefined && planner.target.standIn !== null)
      for (const file of DOUBTFUL)
        for (const fault of ['lose the answer', 'reset'] as const) {
          const found = await afterDoubt(variant, causeOf(file), fault)
          if (found !== null) doubts[`${basename(file)}: ${fault}`] = found
        }
    return {
      integration: { connector: variant.connector, settings: shown.value(opened.settings) },
      session: await ofSession(variant),
      'in doubt': doubts,
      activities,
    }
  } finally {
    await planner.close()
  }
}

interface Open {
  readonly opened: Opened
  readonly target: Target
  readonly shown: Shown
  /** What connecting sent, where the variant has to be connected. */
  readonly connected: Record<string, unknown>
  /** The requests, or else the lines of the log, that `work` makes, and how it ended. */
  during(result: string, work: () => Promise<unknown>): Promise<object>
  pass(ms: number): void
  close(): Promise<void>
}

async function open(variant: Variant): Promise<Open> {
  let at = Date.parse(NOW)
  const now = (): Date => new Date(at)
  const target = await variant.start(now)
  const { standIn } = target
  const logged: unknown[] = []
  const opened = openConnector(variant.connector, target.settings, {
    now,
    log: (level, fields, message) => logged.push({ level, fields, message }),
    credentials: keptInMemory(),
  })
  const shown = createShown(standIn === null ? null : standIn.port)

  async function during(result: string, work: () => Promise<unknown>): Promise<object> {
    const before = standIn?.requests.length ?? logged.length
    const end = await work().then(
      (value) => ({ [result]: shown.value(value) }),
      (error: unknown) => ({ failed: failureOf(error) }),
    )
    await opened.idle()
    if (standIn === null) return { logged: shown.value(logged.slice(before)), ...end }
    return { requests: standIn.requests.slice(before).map(shown.request), ...end }
  }

  return {
    opened,
    target,
    shown,
    connected: await connect(opened, target, during),
    during,
    pass(ms) {
      at += ms
    },
    async close() {
      await opened.close()
      await standIn?.close()
    },
  }
}

async function connect({ session }: Opened, target: Target, during: Open['during']): Promise<Record<string, unknown>> {
  const { connect } = target
  const { connection } = session
  if (connect === undefined) return {}
  if (connection === undefined) throw new Error('there is nothing to connect')
  return { connect: await during('account', () => connect(connection)) }
}

/** What the queue acts on; the words are for people and may be mended. */
function failureOf(error: unknown): object {
  if (error instanceof Error && 'verdict' in error) return { verdict: error.verdict }
  throw error
}

/** Each delivery of an activity, carried out one after the other as the worker does. */
async function deliveriesOf(variant: Variant, cause: Cause): Promise<unknown[]> {
  const at = await open(variant)
  try {
    const deliveries: unknown[] = []
    for (const planned of at.opened.plan(cause.activity))
      deliveries.push({ ...planned, ...(await at.during('receipt', () => performed(at, planned, cause, false))) })
    return deliveries
  } finally {
    await at.close()
  }
}

async function performed({ opened, target }: Open, planned: Planned, cause: Cause, inDoubt: boolean): Promise<unknown> {
  const { perform } = opened.session
  if (perform === undefined) throw new Error('the session performs nothing')
  return await perform(opened.jobFor(planned, cause, { inDoubt, ticket: target.ticket ?? null }))
}

/** The first delivery of an activity in doubt: the question, and the repeat when the answer was not that it is there. */
async function afterDoubt(variant: Variant, cause: Cause, fault: 'lose the answer' | 'reset'): Promise<object | null> {
  const at = await open(variant)
  try {
    const { opened, target } = at
    const { confirm } = opened.session
    const [planned] = opened.plan(cause.activity)
    if (planned === undefined || confirm === undefined) return null
    const since = new Date(NOW)
    target.standIn?.fault(fault, { where: isWriteOf(target) })
    const attempt = await at.during('receipt', () => performed(at, planned, cause, false))
    at.pass(A_MINUTE_MS)
    let found: unknown
    const asked = await at.during('answer', async () => {
      found = await confirm(opened.jobFor(planned, cause, { inDoubt: true, ticket: target.ticket ?? null }), since)
      return found
    })
    const isThere = typeof found === 'object'
    return {
      attempt: 'failed' in attempt ? attempt.failed : 'answered',
      confirm: asked,
      ...(isThere ? {} : { repeat: await at.during('receipt', () => performed(at, planned, cause, true)) }),
    }
  } finally {
    await at.close()
  }
}

/** What is asked of the target besides deliveries. */
async function ofSession(variant: Variant): Promise<Record<string, unknown>> {
  const at = await open(variant)
  try {
    const { check, stories } = at.opened.session
    const recorded: Record<string, unknown> = { ...at.connected }
    if (check !== undefined)
      recorded.check = await at.during('findings', async () =>
        (await check()).map(({ level, setting }) => `${level}: ${setting ?? 'as a whole'}`),
      )
    if (stories !== undefined)
      recorded.stories = await at.during('pages', async () => {
        const pages: unknown[] = []
        for await (const page of stories()) pages.push(page)
        return pages
      })
    return recorded
  } finally {
    await at.close()
  }
}
