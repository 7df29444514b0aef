import { type Static, type TSchema, Type } from 'typebox'
import type { Finding } from '../../connectors/contract/connector.ts'
import type { Evaluator } from '../../expressions/evaluator.ts'
import { ExpressionError } from '../../expressions/expression.ts'
import type { Values } from '../../tracker/json-values.ts'
import { type MissedTime, NO_DIRECTORY, type SourceSession, type SourceTools } from '../contract/source.ts'
import { SourceApiError } from '../contract/source-api-error.ts'
import { changedSince } from '../kit/changed-since.ts'
import { eventTime } from '../kit/event-time.ts'
import { type MissedEvent, missedAt, missedPages } from '../kit/missed-pages.ts'
import { createRestApi } from '../kit/rest-api.ts'
import { firstMistake, fitted } from './fitted.ts'

export interface CatchUpRequest {
  /** What the tool is called. */
  readonly title: string
  /** With placeholders for the time. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly evaluator: Evaluator
  /** Known to the expression. */
  readonly names: Readonly<Record<string, unknown>>
}

const exact = { additionalProperties: false } as const

/** What happened, as the tool's hook would have told it. */
const Event = Type.Object(
  {
    at: Type.String({ description: 'ISO 8601, or milliseconds since 1970' }),
    body: Type.Unknown(),
    unlessKnown: Type.Optional(Type.Boolean()),
  },
  exact,
)
const Events = Type.Array(Event)

/** Something that was changed; `keep` comes back with the answers to `ask`. */
const Thing = Type.Object(
  {
    id: Type.String({ minLength: 1 }),
    changed: Type.String(),
    ask: Type.Optional(Type.Array(Type.String())),
    keep: Type.Optional(Type.Unknown()),
    events: Type.Optional(Events),
  },
  exact,
)
type Thing = Static<typeof Thing>

const Page = Type.Object(
  {
    things: Type.Optional(Type.Array(Thing)),
    next: Type.Optional(
      Type.Union([
        Type.Null(),
        Type.String(),
        Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Null()])),
      ]),
    ),
  },
  exact,
)

/** Asks a tool by a URL and an expression; what is asked goes to the URL's own server alone. */
export function openSession(request: CatchUpRequest, tools: SourceTools): SourceSession {
  const { title, headers, evaluator, names } = request
  const { origin } = new URL(request.url)
  const api = createRestApi({
    ...{ title, base: origin, headers, tools },
    limit: { reset: 'x-ratelimit-reset', remaining: 'x-ratelimit-remaining' },
    newToken: 'create one that may read the stories, and set it as token',
    address: 'catch_up.url',
  })

  function urlSince(since: Date): string {
    const minutes = Math.max(0, Math.ceil((tools.now() - since.getTime()) / 60_000)) + 1
    return request.url
      .replaceAll('{since}', encodeURIComponent(since.toISOString().replace(/\.\d+Z$/, 'Z')))
      .replaceAll('{since_ms}', String(since.getTime()))
      .replaceAll('{minutes_ago}', String(minutes))
  }

  /** @returns null if it is not there any more */
  async function ask(address: string, from: string): Promise<unknown> {
    const url = URL.canParse(address, from) ? new URL(address, from) : null
    if (url === null || url.origin !== origin)
      throw new SourceApiError(
        `the expression of catch_up leads to another server than ${origin}; the token is for that one alone`,
      )
    return await api.value(url.pathname, url.search.slice(1))
  }

  async function expressed<S extends TSchema>(value: unknown, schema: S, what: string): Promise<Static<S>> {
    try {
      // JSONata gives nothing for an empty list.
      const result = fitted((await evaluator.evaluate(value, names)) ?? [], schema)
      const mistake = firstMistake(result, schema, '')
      if (mistake !== null) throw new SourceApiError(`the expression of catch_up, for ${what}: ${mistake}`)
      return result as Static<S>
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error
      const at = error.place === null ? '' : `, at line ${error.place.line}, column ${error.place.column} of it`
      throw new SourceApiError(`the expression of catch_up ${error.problem}${at}`, { cause: error })
    }
  }

  async function page(url: string) {
    const answer = await ask(url, url)
    if (answer === null) throw new SourceApiError(`${title}'s API has nothing at catch_up.url; check the address`)
    const { things = [], next = null } = await expressed({ page: answer }, Page, 'a page')
    // In the order of their last changes, also if the tool cannot sort by them within a page.
    const values = things.map((thing) => ({ ...thing, changed: timeOf(thing.changed) }))
    return { values, next: nextOf(url, next) }
  }

  async function eventsOf(thing: Thing, time: Pick<MissedTime, 'since' | 'until'>): Promise<MissedEvent[]> {
    const { ask: addresses = [], events = [], id, keep = null } = thing
    const told = [...events]
    if (addresses.length > 0) {
      const answers: unknown[] = []
      for (const address of addresses) answers.push(await ask(address, request.url.split('?')[0] ?? origin))
      // It was deleted a moment ago.
      if (answers.includes(null)) return []
      told.push(...(await expressed({ id, keep, answers }, Events, 'the answers')))
    }
    return told
      .flatMap(({ at, body, unlessKnown }) =>
        missedAt(timeOf(at), body as object, time, unlessKnown === true ? { unlessKnown } : {}),
      )
      .sort((one, other) => one.at - other.at)
  }

  return {
    directory: NO_DIRECTORY,
    async *missed({ since, from, until }) {
      let last = urlSince(from)
      const changed = changedSince(
        async (begin) => {
          last = typeof begin === 'string' ? begin : urlSince(begin)
          return await page(last)
        },
        from,
        'changed',
      )
      yield* missedPages(changed, ({ value }) => eventsOf(thingOf(value), { since, until }), until)
    },
    async check() {
      const { values } = await page(urlSince(new Date(tools.now() - 60_000)))
      const message = `${title} can be asked what its web hook missed; ${values.length} changed in the last minutes`
      const found: Finding = { level: 'ok', setting: 'catch_up', message }
      return [found]
    },
  }
}

const thingOf = (value: Values): Thing => value as unknown as Thing

function timeOf(time: string): string {
  const at = eventTime(/^\d{12,14}$/.test(time) ? Number(time) : time)
  if (at === null)
    throw new SourceApiError(`the expression of catch_up gives a time that cannot be read: ${time.slice(0, 50)}`)
  return at
}

/** @param next an address, or what the next page's query has other than this one's */
function nextOf(url: string, next: Static<typeof Page>['next']): string | null {
  if (next === null || next === undefined) return null
  if (typeof next === 'string') return URL.canParse(next, url) ? new URL(next, url).href : next
  const address = new URL(url)
  for (const [name, value] of Object.entries(next))
    if (value === null) address.searchParams.delete(name)
    else address.searchParams.set(name, String(value))
  return address.href === new URL(url).href ? null : address.href
}
