import type { DeliveryWithAttemptsAnswer } from '../api/deliveries.ts'

type Attempts = DeliveryWithAttemptsAnswer['attempts_made']
type Exchange = Attempts[number]['exchanges'][number]

export interface Sent {
  /** Such as `POST https://jira.example.com/rest/api/2/issue/TEST-1/comment`. */
  readonly request: string
  /** The words in its body that people read at the target, or the body; empty if it has none. */
  readonly words: string
  /** The target took it, or has it. */
  readonly isThere: boolean
}

const READS = new Set(['GET', 'HEAD', 'OPTIONS'])
/** An attempt that only looked wrote nothing. */
const LOOKED = new Set(['confirmed', 'skipped'])

/** The one write of a delivery, as it went over the network last; null if nothing was written, or no request is kept. */
export function wordsSent(attempts: Attempts): Sent | null {
  const writing = attempts.filter(({ outcome }) => !LOOKED.has(outcome))
  const exchange = writing
    .toReversed()
    .map(({ exchanges }) => exchanges.findLast(({ method }) => !READS.has(method)))
    .find((each) => each !== undefined)
  if (exchange === undefined) return null
  const last = attempts.at(-1)?.outcome
  return {
    request: `${exchange.method} ${exchange.url}`,
    words: wordsIn(exchange),
    isThere: last === 'delivered' || last === 'confirmed',
  }
}

function wordsIn({ request_headers, request_body }: Exchange): string {
  const type = Object.entries(request_headers).find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? ''
  if (type.startsWith('application/x-www-form-urlencoded'))
    return new URLSearchParams(request_body).get('status') ?? request_body
  try {
    // What cannot be seen is kept as \u{200b}, which JSON does not know.
    const words = textsIn(JSON.parse(request_body.replace(/\\u\{/g, '\\$&')), '').trim()
    return words === '' ? request_body : words
  } catch {
    // XML, text, or JSON that was too long to be kept whole.
    return request_body
  }
}

/** What the systems call the text that they show. */
const SHOWN = new Set(['body', 'text', 'status', 'comment', 'message', 'content', 'note'])

/** In the order in which they stand; a document's pieces of one paragraph are one line. */
function textsIn(value: unknown, key: string): string {
  if (typeof value === 'string') return SHOWN.has(key) ? value : ''
  if (Array.isArray(value)) {
    const isParagraph =
      value.length > 0 && value.every((each) => typeof (each as { text?: unknown })?.text === 'string')
    return joined(
      value.map((each) => textsIn(each, key)),
      isParagraph ? '' : '\n',
    )
  }
  if (typeof value !== 'object' || value === null) return ''
  return joined(
    Object.entries(value).map(([name, each]) => textsIn(each, name)),
    '\n',
  )
}

function joined(texts: readonly string[], between: string): string {
  return texts.filter((text) => text !== '').join(between)
}
