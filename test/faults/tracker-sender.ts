import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'undici'

/** Before it comes again when it is told to. */
const REST_MS = 5

/** An activity that a sender posts; told apart by its number. */
export interface Posted {
  readonly number: number
  readonly storyIds: readonly string[]
  /** A comment is told to the room and to tickets, a state to tickets; an edit goes to the web hook alone. */
  readonly what: 'comment' | 'state' | 'edit'
  /** Of a story whose state changes. */
  readonly state: string | null
}

/** What the stories of a sender with tickets go through, over and over. */
export const STATES = ['started', 'accepted', 'rejected'] as const

export interface SenderOptions {
  /** Where the tickets of its stories are: each story has the one with its own number. */
  readonly ticketsAt?: string | undefined
  /** How long it waits for an answer before it counts the connection as broken. */
  readonly patienceMs?: number
}

/**
 * Tracker as the relay sees it, over one connection: it posts one activity after the other, and what was not answered
 * it posts again, before anything that came later.
 */
export interface Sender {
  /** What was acknowledged, in order. */
  readonly ledger: readonly Posted[]
  /** How often it was told to come again. */
  readonly refusals: number
  /**
   * Posts to these relays in turn until so many have been acknowledged in this run, or a connection broke.
   * @throws {Error} for an answer that a relay must never give
   */
  run(addresses: readonly string[], most: number): Promise<'done' | 'broken off'>
}

/** @param storyIds these stories are this sender's alone, so the order of its posts is the order of theirs */
export function createSender(
  hook: string,
  storyIds: readonly string[],
  firstNumber: number,
  { ticketsAt, patienceMs = 300_000 }: SenderOptions = {},
): Sender {
  const ledger: Posted[] = []
  let next = firstNumber
  let refusals = 0

  async function post(client: Client, posted: Posted): Promise<boolean> {
    const { statusCode, body } = await client.request({
      method: 'POST',
      path: hook,
      headers: { 'content-type': 'application/xml' },
      body: activityXml(posted, ticketsAt),
    })
    const answer = await body.text()
    // 200: it was stored before, and only the answer was lost.
    if (statusCode === 202 || statusCode === 200) return true
    if (statusCode !== 503) throw new Error(`activity ${posted.number} was answered ${statusCode}: ${answer}`)
    refusals += 1
    await sleep(REST_MS)
    return false
  }

  function nextPosted(): Posted {
    const posted = { number: next, ...contentOf(next, storyIds, ticketsAt !== undefined) }
    if (posted.what !== 'state') return { ...posted, state: null }
    const before = ledger.filter(({ what, storyIds: [id] }) => what === 'state' && id === posted.storyIds[0])
    return { ...posted, state: STATES[before.length % STATES.length] ?? null }
  }

  return {
    ledger,
    get refusals() {
      return refusals
    },
    async run(addresses, most) {
      const clients = addresses.map((address) => new Client(address, { headersTimeout: patienceMs }))
      const end = ledger.length + most
      try {
        for (let turn = 0; ledger.length < end; turn += 1) {
          const client = clients[turn % clients.length]
          if (client === undefined) throw new Error('there is nobody to post to')
          const posted = nextPosted()
          if (!(await post(client, posted))) continue
          ledger.push(posted)
          next += 1
        }
        return 'done'
      } catch (error) {
        if (isBrokenConnection(error)) return 'broken off'
        throw error
      } finally {
        await Promise.all(clients.map((client) => client.destroy()))
      }
    },
  }
}

function isBrokenConnection(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : null
  return typeof code === 'string' && BROKEN.includes(code)
}

const BROKEN = ['UND_ERR_SOCKET', 'UND_ERR_HEADERS_TIMEOUT', 'ECONNRESET', 'ECONNREFUSED', 'EPIPE']

/** Of five activities two are comments, two edits or one of them a state, and one edits two stories at once. */
function contentOf(number: number, storyIds: readonly string[], hasTickets: boolean): Omit<Posted, 'number' | 'state'> {
  const [one = '', other = ''] = [storyIds[number % storyIds.length], storyIds[(number + 1) % storyIds.length]]
  if (number % 5 === 4) return { storyIds: [one, other], what: 'edit' }
  if (number % 5 === 3 && hasTickets) return { storyIds: [one], what: 'state' }
  return { storyIds: [one], what: number % 5 < 2 ? 'comment' : 'edit' }
}

export function activityXml({ number, storyIds, what, state }: Posted, ticketsAt?: string): string {
  const changes = {
    comment: `<notes type="array"><note><id type="integer">${number}</id><text>comment ${number}</text></note></notes>`,
    state: `<current_state>${state}</current_state>`,
    edit: `<description>description ${number}</description>`,
  }
  const ticketOf = (id: string): string =>
    ticketsAt === undefined
      ? ''
      : `<jira_id>${ticketKey(id)}</jira_id><jira_url>${ticketsAt}/browse/${ticketKey(id)}</jira_url>`
  return `<?xml version="1.0" encoding="UTF-8"?>
<activity>
  <id type="integer">${number}</id>
  <version type="integer">${number}</version>
  <event_type>${what === 'comment' ? 'note_create' : 'story_update'}</event_type>
  <occurred_at type="datetime">2009/12/14 19:30:09 UTC</occurred_at>
  <author>Montgomery Scott</author>
  <project_id type="integer">26</project_id>
  <description>Montgomery Scott changed a story</description>
  <stories type="array">
    ${storyIds.map((id) => `<story><id type="integer">${id}</id>${ticketOf(id)}${changes[what]}</story>`).join('\n    ')}
  </stories>
</activity>
`
}

export function ticketKey(storyId: string): string {
  return `ENT-${storyId}`
}
