import { Client } from 'undici'

/** An activity that a sender posts; told apart by its number. */
export interface Posted {
  readonly number: number
  readonly storyIds: readonly string[]
  /** A comment is told to the room; an edit goes to the web hook alone. */
  readonly what: 'comment' | 'edit'
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
export function createSender(hook: string, storyIds: readonly string[], firstNumber: number): Sender {
  const ledger: Posted[] = []
  let next = firstNumber
  let refusals = 0

  async function post(client: Client, posted: Posted): Promise<boolean> {
    const { statusCode, body } = await client.request({
      method: 'POST',
      path: hook,
      headers: { 'content-type': 'application/xml' },
      body: activityXml(posted),
    })
    const answer = await body.text()
    // 200: it was stored before, and only the answer was lost.
    if (statusCode === 202 || statusCode === 200) return true
    if (statusCode !== 503) throw new Error(`activity ${posted.number} was answered ${statusCode}: ${answer}`)
    refusals += 1
    return false
  }

  return {
    ledger,
    get refusals() {
      return refusals
    },
    async run(addresses, most) {
      const clients = addresses.map((address) => new Client(address))
      const end = ledger.length + most
      try {
        for (let turn = 0; ledger.length < end; turn += 1) {
          const client = clients[turn % clients.length]
          if (client === undefined) throw new Error('there is nobody to post to')
          const posted = postedAs(next, storyIds)
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
  return code === 'UND_ERR_SOCKET' || code === 'ECONNRESET' || code === 'ECONNREFUSED' || code === 'EPIPE'
}

/** Of five activities two are comments, two are edits, and one edits two stories at once. */
function postedAs(number: number, storyIds: readonly string[]): Posted {
  const [one = '', other = ''] = [storyIds[number % storyIds.length], storyIds[(number + 1) % storyIds.length]]
  if (number % 5 === 4) return { number, storyIds: [one, other], what: 'edit' }
  return { number, storyIds: [one], what: number % 5 < 2 ? 'comment' : 'edit' }
}

export function activityXml({ number, storyIds, what }: Posted): string {
  const change =
    what === 'comment'
      ? `<notes type="array"><note><id type="integer">${number}</id><text>comment ${number}</text></note></notes>`
      : `<description>description ${number}</description>`
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
    ${storyIds.map((id) => `<story><id type="integer">${id}</id>${change}</story>`).join('\n    ')}
  </stories>
</activity>
`
}
