import { type Answer, type Recorded, type StandIn, startStandIn } from './stand-in.ts'

/** A workflow of Power Automate that posts the cards that it is sent in a channel of Teams. */
export interface Teams extends StandIn {
  /** The address of the workflow. */
  readonly hook: string
  readonly messages: TeamsMessage[]
  readonly state: { isOff: boolean; remaining: number }
}

export interface TeamsMessage {
  /** What is read, with the address of each link behind its words. */
  readonly shown: string
  /** Those whom the card would call. */
  readonly calls: readonly string[]
  readonly body: Readonly<Record<string, unknown>>
}

const PATH = '/powerautomate/automations/direct/workflows/5c0de1/triggers/manual/paths/invoke'
const SIG = 'q7RkXw2mVh9Tn4LpZs6YbJdC1aUeGfKo3iMxQvNt8E'
const MOST_BYTES = 28 * 1024

export async function startTeams({ now = () => new Date() }: { readonly now?: () => Date } = {}): Promise<Teams> {
  const messages: TeamsMessage[] = []
  const state: Teams['state'] = { isOff: false, remaining: Number.POSITIVE_INFINITY }

  function handle(request: Recorded): Answer {
    const answer = answerTo(request)
    return { ...answer, headers: { date: now().toUTCString(), ...answer.headers } }
  }

  function answerTo({ method, path, query, headers, body }: Recorded): Answer {
    if (method === 'HEAD' && path === '/') return { status: 404 }
    if (path !== PATH) return failed(404, 'WorkflowNotFound', 'The workflow could not be found.')
    if (query.get('sig') !== SIG)
      return failed(401, 'DirectApiAuthorizationRequired', 'The request must be authenticated.')
    if (method !== 'POST') return failed(405, 'MethodNotAllowed', 'Only POST.')
    if (state.isOff) return failed(400, 'WorkflowTriggerIsNotEnabled', "Trigger 'manual' has the state 'Disabled'.")
    if (state.remaining <= 0)
      return { ...failed(429, 'WorkflowOperationRateLimit', 'Too many requests.'), headers: { 'retry-after': '30' } }
    if (!/^application\/json(;|$)/.test(headers['content-type'] ?? '')) return failed(415, 'Type', 'JSON only.')
    if (body.length > MOST_BYTES) return failed(413, 'RequestEntityTooLarge', 'Request Entity too large')
    const read = readMessage(body.toString())
    if (read === null) return failed(400, 'TriggerInputSchemaMismatch', 'The input body does not match the schema.')
    state.remaining -= 1
    messages.push(read)
    return { status: 202, headers: { 'x-ms-workflow-run-id': `0858${messages.length}` } }
  }

  const standIn = await startStandIn(handle)
  const hook = `${standIn.url}${PATH}?api-version=1&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=${SIG}`
  return { ...standIn, hook, messages, state }
}

/** Null if it is not a message with one card (adaptivecards.io/schemas/adaptive-card.json). */
function readMessage(text: string): TeamsMessage | null {
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch {
    return null
  }
  if (!isRecord(body) || body.type !== 'message' || !Array.isArray(body.attachments)) return null
  const [attachment] = body.attachments as unknown[]
  if (!isRecord(attachment) || attachment.contentType !== 'application/vnd.microsoft.card.adaptive') return null
  const card = attachment.content
  if (!isRecord(card) || card.type !== 'AdaptiveCard' || !/^1\.[2-5]$/.test(String(card.version))) return null
  const shown = [...listOf(card.body).map(shownItem), ...listOf(card.actions).map(shownAction)]
  if (shown.length === 0 || shown.includes(null)) return null
  const entities = isRecord(card.msteams) ? listOf(card.msteams.entities) : []
  return { shown: shown.join('\n'), calls: entities.map((each) => JSON.stringify(each)), body }
}

function shownItem(item: unknown): string | null {
  if (!isRecord(item)) return null
  if (item.type === 'Container') return allOf(listOf(item.items).map(shownItem), '\n')
  // A TextBlock would read Markdown; the relay sends none.
  return item.type === 'RichTextBlock' ? allOf(listOf(item.inlines).map(shownRun), '') : null
}

const RUN = ['type', 'text', 'weight', 'italic', 'strikethrough', 'fontType', 'selectAction']

function shownRun(run: unknown): string | null {
  if (!isRecord(run) || run.type !== 'TextRun' || typeof run.text !== 'string' || run.text === '') return null
  if (!Object.keys(run).every((key) => RUN.includes(key))) return null
  const action = run.selectAction === undefined ? '' : shownAction(run.selectAction)
  return action === null ? null : action === '' ? run.text : `${run.text} ${action}`
}

function shownAction(action: unknown): string | null {
  if (!isRecord(action) || action.type !== 'Action.OpenUrl' || typeof action.url !== 'string') return null
  return URL.canParse(action.url) ? action.url : null
}

const allOf = (parts: readonly (string | null)[], between: string): string | null =>
  parts.length === 0 || parts.includes(null) ? null : parts.join(between)
const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const failed = (status: number, code: string, message: string): Answer => ({
  status,
  headers: { 'content-type': 'application/json; charset=utf-8' },
  body: JSON.stringify({ error: { code, message } }),
})
