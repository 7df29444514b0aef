import type { Test } from 'tap'
import type { Finding, Job, Session } from '../../../src/connectors/contract/connector.ts'
import type { CommentEffect, StateEffect } from '../../../src/connectors/contract/effect.ts'
import lighthouse from '../../../src/connectors/lighthouse/index.ts'
import { type Lighthouse, type LighthouseOptions, startLighthouse } from '../../../src/stand-ins/lighthouse.ts'
import type { Activity, StoryChange } from '../../../src/tracker/activity.ts'
import { exampleActivity, exampleStory, jobFor, openSession } from '../../harness.ts'

/** The parts that the tests of this connector share. */

export const TOKEN = '0123456789abcdef0123456789abcdef01234567'
export const STORY_URL = 'https://www.pivotaltracker.com/story/show/1031'

export interface Account {
  readonly target: Lighthouse
  readonly session: Session
  /** Another relay, with other settings, at the same account. */
  again(settings?: object, options?: { timeoutMs?: number; now?: () => Date }): Session
  perform(job: Job): ReturnType<NonNullable<Session['perform']>>
  confirm(job: Job): ReturnType<NonNullable<Session['confirm']>>
  check(): Promise<readonly Finding[]>
}

export async function openAccount(t: Test, settings: object = {}, options: LighthouseOptions = {}): Promise<Account> {
  const target = await startLighthouse(options)
  t.teardown(() => target.close())
  const again: Account['again'] = (other = {}, sessionOptions = {}) => {
    const opened = openSession(
      lighthouse,
      {
        account: 'acme',
        base_url: target.url,
        token: TOKEN,
        external_project_id: 54448,
        request_interval_seconds: 0,
        ...other,
      },
      sessionOptions,
    )
    t.teardown(() => opened.close())
    return opened.session
  }
  const session = again(settings)
  return {
    target,
    session,
    again,
    perform: (job) => performBy(session, job),
    confirm: (job) => confirmBy(session, job),
    check: () => checkBy(session),
  }
}

export async function performBy({ perform }: Session, job: Job) {
  if (perform === undefined) throw new Error('the session performs nothing')
  return await perform(job)
}

export async function confirmBy({ confirm }: Session, job: Job) {
  if (confirm === undefined) throw new Error('the session confirms nothing')
  return await confirm(job, new Date())
}

export async function checkBy({ check }: Session) {
  if (check === undefined) throw new Error('the session checks nothing')
  return await check()
}

export function commentJob(
  text: string,
  parts: { key?: string; number?: string; author?: string; url?: string | null } = {},
): Job {
  const effect: CommentEffect = {
    kind: 'comment',
    storyId: '1031',
    author: parts.author ?? 'Kirk',
    text,
    commentId: '77',
  }
  return jobFor(effect, {
    ...(parts.key === undefined ? {} : { key: parts.key }),
    story: { url: STORY_URL },
    ticket: { externalId: parts.number ?? '5', externalUrl: parts.url ?? null },
  })
}

export function stateJob(state: string, number = '5'): Job {
  const effect: StateEffect = { kind: 'state', storyId: '1031', author: 'Kirk', state, from: null }
  return jobFor(effect, { ticket: { externalId: number, externalUrl: null } })
}

export function activityOf(story: Partial<StoryChange>): Activity {
  return exampleActivity(exampleStory({ id: '1031', ...story }))
}
