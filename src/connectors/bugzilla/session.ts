import type { Job, Receipt, Session, Ticket, Tools } from '../contract/connector.ts'
import type { CommentEffect, StateEffect } from '../contract/effect.ts'
import { markerOf } from '../kit/marker.ts'
import { untilReaderStops } from '../kit/pages.ts'
import { readAgain } from '../kit/read-again.ts'
import { ticketJob } from '../kit/ticket-job.ts'
import { addComment, commentsSince, type NewComment, updateBug, whoAmI } from './api.ts'
import { checkSettings } from './check.ts'
import { messageFor, ROOMS } from './message.ts'
import { CommentTooLong, Refused } from './refusal.ts'
import { type BugStatus, baseOf, mappedStatus, type Settings } from './settings.ts'
import { patient, stories } from './stories.ts'
import { loginGate } from './wire/login-gate.ts'
import { type Bugzilla, openBugzilla } from './wire/open.ts'
import { atLeast } from './wire/version.ts'

/**
 * Before 3.6 Bugzilla reads times in its own zone, at most 14 hours from UTC, and clocks go wrong. A day covers both;
 * the marker decides.
 */
const LOOK_BACK_MS = 24 * 60 * 60 * 1000

export function openSession(settings: Settings, tools: Tools): Session {
  const { send, now, log } = tools
  const gate = loginGate(settings, tools)
  let opened: Promise<Bugzilla> | null = null

  /** Asks for the version once; a failure is not kept. */
  async function bugzilla(): Promise<Bugzilla> {
    const opening = opened ?? openBugzilla(settings, send, now)
    opened = opening
    try {
      return await opening
    } catch (error) {
      if (opened === opening) opened = null
      throw error
    }
  }

  async function write(target: Bugzilla, work: Work, job: Job, text: string): Promise<Receipt> {
    const comment = { text, isPrivate: settings.comments_private }
    const moves = work.effect.kind === 'state' && !job.overtaken
    const status = moves ? mappedStatus(settings, work.effect.state) : null
    if (status === null) return receipt(work, await addComment(target, work.bug, comment))
    const refused = await changed(target, work.bug, status, comment)
    if (refused === null) return receipt(work, null)
    log.warn(
      { bug: work.bug, state: status.status, reason: refused },
      'Bugzilla refused the change of status; only the comment is added',
    )
    const id = await addComment(target, work.bug, comment)
    return { ...receipt(work, id), note: `the comment alone: ${refused}` }
  }

  return {
    async perform(job) {
      const work = workOf(job)
      return await gate(async () => {
        const target = await bugzilla()
        return await fitting(work, job, (text) => write(target, work, job, text))
      })
    },

    async confirm(job, since) {
      const work = workOf(job)
      return await gate(async () => {
        const target = await bugzilla()
        const self = await whoAmI(target, settings.username ?? null)
        const comments = await commentsSince(target, work.bug, new Date(since.getTime() - LOOK_BACK_MS))
        const marker = markerOf(job.key)
        const marked = comments.filter(
          ({ text, author }) => text.trimEnd().endsWith(marker) && (self === null || isSame(author, self)),
        )
        // One that has a receipt is from before a replay on purpose.
        const others = marked.length === 0 ? null : await job.receipted(marked.map(({ id }) => String(id)))
        const found = marked.find(({ id }) => others?.has(String(id)) !== true)
        return found === undefined ? 'absent' : { ...receipt(work, found.id), note: 'already there' }
      })
    },

    async *stories() {
      const target = await readAgain(tools, bugzilla)
      yield* untilReaderStops(tools, (tools) => stories(settings, patient(target, gate, tools), tools))
    },

    async check() {
      return await checkSettings(settings, gate, bugzilla)
    },

    async close() {
      const target = await opened?.catch(() => null)
      await target?.close()
    },
  }

  function receipt({ bug }: Work, id: string | null): Receipt {
    return { id, url: `${baseOf(settings)}/show_bug.cgi?id=${bug}` }
  }
}

/** @returns why the status stays as it is; null if it was changed and the comment added */
async function changed(target: Bugzilla, bug: number, to: BugStatus, comment: NewComment): Promise<string | null> {
  if (!atLeast(target.version, 4, 0))
    return `Bugzilla ${target.version.text} cannot change a bug's status from outside (4.0 can); unset map_status`
  try {
    await updateBug(target, bug, to, comment)
    return null
  } catch (error) {
    if (error instanceof Refused) return error.message
    throw error
  }
}

interface Work {
  readonly bug: number
  readonly effect: CommentEffect | StateEffect
}

function workOf(job: Job): Work {
  const { effect, ticket } = ticketJob(job, 'Bugzilla', bugOf)
  return { bug: Number(ticket), effect }
}

/** A bug number has at most 24 bits (mediumint in Bugzilla/DB/Schema.pm), XML-RPC's integers 32. */
function bugOf({ externalId }: Ticket): string | null {
  const bug = Number(externalId)
  return /^\d{1,10}$/.test(externalId) && bug >= 1 && bug < 2 ** 31 ? externalId : null
}

/** What is refused as too long was not written, so a shorter text may follow. */
async function fitting<T>({ effect }: Work, { story, key }: Job, write: (text: string) => Promise<T>): Promise<T> {
  const parts = { effect, storyName: story?.name ?? null, storyUrl: story?.url ?? '', marker: markerOf(key) }
  for (const room of ROOMS)
    try {
      return await write(messageFor(parts, room))
    } catch (error) {
      if (!(error instanceof CommentTooLong) || room === ROOMS.at(-1)) throw error
    }
  throw new Error('there is no room for a comment')
}

const isSame = (author: string | null, self: string): boolean => author?.toLowerCase() === self.toLowerCase()
