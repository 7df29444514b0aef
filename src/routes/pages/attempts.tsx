import type { DeliveryAnswer, DeliveryWithAttemptsAnswer } from '../api/deliveries.ts'
import type { IntegrationAnswer } from '../api/integrations.ts'
import { Note } from './note.tsx'
import { Glyph, type GlyphName, type Tone } from './states.tsx'
import { Ago, Clock, durationWords } from './times.tsx'

type Attempt = DeliveryWithAttemptsAnswer['attempts_made'][number]
type Exchange = Attempt['exchanges'][number]

interface TimelineProps {
  readonly delivery: DeliveryAnswer
  readonly attempts: readonly Attempt[]
  /** Undefined: nothing is known of the integration. */
  readonly integration: IntegrationAnswer | undefined
  readonly receivedAt: string
  readonly now: number
}

/** A delivery's attempts, the oldest first, and what comes next. */
export function Timeline({ delivery, attempts, integration, receivedAt, now }: TimelineProps) {
  const next = nextOf(delivery, integration)
  if (attempts.length === 0 && next === null) return null
  return (
    <ol class="tl">
      {attempts.map((attempt) => (
        <AttemptMade
          key={`${attempt.number} ${attempt.started_at}`}
          {...{ attempt, now }}
          offset={Date.parse(attempt.started_at) - Date.parse(receivedAt)}
        />
      ))}
      {next === null ? null : (
        <li>
          <Glyph name={next.glyph} tone={next.tone} />
          <p>
            {next.at === null ? (
              <b>{next.what}</b>
            ) : (
              <>
                <Clock at={next.at} now={now} seconds /> <b>{next.what}</b>, <Ago at={next.at} now={now} />
              </>
            )}
          </p>
          {next.why === '' ? null : <p>{next.why}</p>}
        </li>
      )}
    </ol>
  )
}

interface Outcome {
  readonly word: string
  readonly glyph: GlyphName
  readonly tone: Tone
}

const OUTCOMES: Readonly<Record<string, Outcome>> = {
  delivered: { word: 'delivered', glyph: 'delivered', tone: 'fine' },
  confirmed: { word: 'confirmed', glyph: 'confirmed', tone: 'fine' },
  skipped: { word: 'skipped', glyph: 'skipped', tone: 'off' },
  retry: { word: 'failed', glyph: 'failed', tone: 'fail' },
  hold: { word: 'failed, held', glyph: 'held', tone: 'fail' },
  'in doubt': { word: 'in doubt', glyph: 'doubt', tone: 'fail' },
  dead: { word: 'failed, given up', glyph: 'dead', tone: 'dead' },
  expired: { word: 'expired', glyph: 'dead', tone: 'dead' },
}

function AttemptMade({ attempt, offset, now }: { attempt: Attempt; offset: number; now: number }) {
  const { number, started_at, duration_ms, outcome, status, note, exchanges } = attempt
  const { word, glyph, tone } = OUTCOMES[outcome] ?? { word: outcome, glyph: 'none', tone: 'off' }
  return (
    <li>
      <Glyph name={glyph} tone={tone} />
      <p>
        <Clock at={started_at} now={now} seconds />{' '}
        <b>
          {ordinal(number)} attempt {word}
        </b>
        : {status === null ? '' : `${status} `}
        {status === null && tone === 'fail' ? 'after' : 'in'} {durationWords(duration_ms)}{' '}
        {offset < 0 ? null : <small>+{durationWords(offset)}</small>}
      </p>
      {note === null ? null : (
        <p class="words">
          <Note text={note} />
        </p>
      )}
      {exchanges.length === 0 ? null : (
        <details>
          <summary>Sent and answered{exchanges.length === 1 ? '' : ` (${exchanges.length})`}</summary>
          {exchanges.map((exchange, at) => (
            <pre key={`${exchange.method} ${exchange.url} ${at}`} tabindex={0}>
              {exchangeText(exchange)}
            </pre>
          ))}
        </details>
      )}
    </li>
  )
}

/** As it went over the network, without secrets. */
function exchangeText(exchange: Exchange): string {
  const { method, url, request_headers, request_body, status, response_headers, response_body, error } = exchange
  const sent = [`${method} ${url}`, ...headerLines(request_headers), ...(request_body === '' ? [] : ['', request_body])]
  const answered =
    status === null
      ? [error ?? 'No answer came.']
      : [
          `${status} in ${durationWords(exchange.duration_ms)}`,
          ...headerLines(response_headers),
          ...(response_body === '' ? [] : ['', response_body]),
        ]
  return [...sent, '', ...answered].join('\n')
}

function headerLines(headers: Readonly<Record<string, string>>): string[] {
  return Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
}

interface Next {
  readonly what: string
  readonly at: string | null
  readonly why: string
  readonly glyph: GlyphName
  readonly tone: Tone
}

/** Null: it is settled. */
function nextOf(delivery: DeliveryAnswer, integration: IntegrationAnswer | undefined): Next | null {
  const { state, due_at, digest, attempts, in_doubt_since, settled_at } = delivery
  if (settled_at !== null) return null
  const standing = integration?.standing
  if (state === 'delivering') return { what: 'under way', at: null, why: '', glyph: 'delivering', tone: 'wait' }
  if (standing !== undefined && (standing.state === 'paused' || standing.state === 'not configured'))
    return {
      what: standing.state === 'paused' ? 'waits until the integration is resumed' : 'waits for the integration',
      at: null,
      why: standing.sentence,
      glyph: standing.state === 'paused' ? 'paused' : 'held',
      tone: standing.state === 'paused' ? 'off' : 'fail',
    }
  if (standing?.state === 'held')
    return {
      what: 'next probe',
      at: standing.until,
      why: `${standing.reason ?? standing.sentence}. An outage uses up no attempts.`,
      glyph: 'pending',
      tone: 'wait',
    }
  if (standing?.state === 'capped')
    return { what: 'goes on', at: standing.until, why: standing.sentence, glyph: 'waiting', tone: 'wait' }
  if (digest === 'next')
    return {
      what: 'goes into the next digest',
      at: integration?.next_digest_at ?? due_at,
      why: 'What happens until then is sent together.',
      glyph: 'pending',
      tone: 'wait',
    }
  if (due_at === null && digest !== null)
    return { what: 'is sent in a digest with others', at: null, why: '', glyph: 'pending', tone: 'wait' }
  if (due_at === null)
    return {
      what: 'waits for an earlier one of its story',
      at: null,
      why: 'The order of a story is kept.',
      glyph: 'pending',
      tone: 'wait',
    }
  const which = `${ordinal(attempts + 1)} attempt`
  return {
    what: in_doubt_since === null ? which : `${which}: the target is asked first`,
    at: due_at,
    why:
      in_doubt_since === null ? '' : 'An earlier attempt may have arrived, so it is looked up before it is repeated.',
    glyph: state === 'pending' ? 'pending' : 'waiting',
    tone: 'wait',
  }
}

/** "1st", "22nd". */
export function ordinal(number: number): string {
  const ending = { one: 'st', two: 'nd', few: 'rd' }[
    new Intl.PluralRules('en', { type: 'ordinal' }).select(number) as 'one'
  ]
  return `${number}${ending ?? 'th'}`
}
