import type { Finding, Job } from '../connectors/contract/connector.ts'
import { DeliveryError } from '../connectors/contract/delivery-error.ts'
import { inAttempt } from '../http/attempt.ts'
import type { Exchange } from '../http/send.ts'
import type { Activity } from '../tracker/activity.ts'
import type { Integration } from './integration.ts'

/** What came of trying an integration. Its texts have no secrets. */
export interface Tried {
  /** A message went out; without it, nothing was written. */
  readonly isSent: boolean
  /** Nothing is wrong. */
  readonly isFine: boolean
  /** One sentence for the operator. */
  readonly message: string
  readonly findings: readonly Finding[]
  readonly exchanges: readonly Exchange[]
}

interface Moment {
  readonly now: number
  /** Tells one test from another, so that no target takes it for a repeat. */
  readonly key: string
}

/**
 * Sends a visible, harmless message where the integration announces, and a test event to a web hook. A ticket system has
 * no place for such a thing, so it is checked instead; so is what only imports.
 */
export async function tryOut(integration: Integration, moment: Moment): Promise<Tried> {
  const { session, tickets, redact } = integration
  if (tickets !== null || session.perform === undefined) return await checkedOnly(integration)
  const exchanges: Exchange[] = []
  const { perform } = session
  const report = { isSent: true, findings: [], exchanges }
  try {
    const receipt = await inAttempt({ exchanges, fence: null }, () => perform(testJob(moment)))
    const where = [receipt.note, receipt.url].filter((part) => part != null && part !== '')
    return { ...report, isFine: true, message: redact(['The test message was sent', ...where].join(': ')) }
  } catch (error) {
    const isDoubtful = error instanceof DeliveryError && error.verdict === 'in doubt'
    return { ...report, isSent: isDoubtful, isFine: false, message: redact(wordsOf(error)) }
  }
}

async function checkedOnly(integration: Integration): Promise<Tried> {
  const findings = await check(integration)
  const isFine = findings.every(({ level }) => level !== 'error')
  const message = `Nothing was written, since ${integration.type} has no place for a test message; its settings were checked.`
  return { isSent: false, isFine, message, findings, exchanges: [] }
}

/** What its target says of the settings; writes nothing. */
export async function check({ session, redact }: Integration): Promise<readonly Finding[]> {
  try {
    const findings = await session.check?.()
    const all: readonly Finding[] = findings ?? [{ level: 'ok', setting: null, message: 'nothing to try' }]
    return all.map((finding) => ({ ...finding, message: redact(finding.message) }))
  } catch (error) {
    return [{ level: 'error', setting: null, message: redact(wordsOf(error)) }]
  }
}

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

const AUTHOR = 'Tracker Relay'
const STORY = { id: '0', name: 'Test message', projectId: '0' }

function testJob({ now, key }: Moment): Job {
  const at = new Date(now)
  const text = `This is a test message, sent at ${at.toISOString()}. Nothing happened in Tracker.`
  const activity: Activity = {
    key: `test:${key}`,
    format: 'json',
    projectId: STORY.projectId,
    projectName: null,
    version: null,
    kind: 'test',
    highlight: null,
    occurredAt: at.toISOString(),
    author: AUTHOR,
    authorId: null,
    description: text,
    stories: [],
    others: [],
  }
  const raw = { kind: 'test', guid: activity.key, message: text, occurred_at: now, performed_by: { name: AUTHOR } }
  return {
    key: `test_${key}`,
    effect: { kind: 'announce', what: 'commented', storyId: STORY.id, author: AUTHOR, text },
    story: { ...STORY, type: null, url: 'https://www.pivotaltracker.com/' },
    ticket: null,
    inDoubt: false,
    kept: null,
    keep: async () => {},
    foretell: async () => {},
    targetTime: null,
    receipted: async () => new Set(),
    latest: async () => null,
    overtaken: false,
    occurredAt: at,
    activity: async () => ({ activity, raw: Buffer.from(JSON.stringify(raw)), contentType: 'application/json' }),
  }
}
