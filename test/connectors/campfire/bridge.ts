import type { Test } from 'tap'
import campfire from '../../../src/connectors/campfire/index.ts'
import type { Finding, Job, Session } from '../../../src/connectors/contract/connector.ts'
import type { Announcement } from '../../../src/connectors/contract/effect.ts'
import type { StandIn } from '../../../src/stand-ins/stand-in.ts'
import { failure, jobFor, openSession } from '../../harness.ts'

export const link = 'https://www.pivotaltracker.com/story/show/109'
export const accepted: Announcement = {
  kind: 'announce',
  what: 'accepted',
  storyId: '109',
  author: 'James Kirk',
  text: null,
}
export const acceptedText = `James Kirk accepted "More power to shields" ${link}`

/** A room and a session that speaks in it. */
export interface Bridge<Room> {
  readonly room: Room
  perform(job?: Job): Promise<unknown>
  confirm(since: Date, job?: Job): Promise<unknown>
  check(): Promise<readonly Finding[]>
}

/** Both end with the test. */
export function bridgeTo<Room extends StandIn>(t: Test, room: Room, settings: object, timeoutMs = 5000): Bridge<Room> {
  t.teardown(() => room.close())
  const { session, close } = openSession(campfire, settings, { timeoutMs })
  t.teardown(close)
  return { room, ...functionsOf(session) }
}

export function functionsOf({ perform, confirm, check }: Session): Omit<Bridge<unknown>, 'room'> {
  if (perform === undefined || confirm === undefined || check === undefined) throw new Error('a function is missing')
  return {
    perform: (job = jobFor(accepted)) => perform(job),
    confirm: (since, job = jobFor(accepted)) => confirm(job, since),
    check,
  }
}

/** What an attempt that fails says of the delivery. */
export async function failureOf(attempt: Promise<unknown>): Promise<object> {
  const { verdict, message, status, retryAfterMs, targetDown } = await failure(attempt)
  return { verdict, message, status, retryAfterMs, targetDown }
}
