import type { Wire } from './dialect/wire.ts'
import type { Appended, Entries, Entry } from './entry.ts'
import type { Expiry } from './expire.ts'
import type { MoveRequest } from './move.ts'
import { isNews, type News, NO_NEWS } from './news.ts'
import type { Settlement } from './settle.ts'
import type { SkipReport, SkipRequest } from './skip.ts'

interface Touched {
  readonly integrations: readonly string[]
}

/** The verbs that can leave something to do for other instances; of what they are called with, what tells for whom. */
interface Verbs {
  append(entry: Entry): Promise<Appended>
  appendTogether(told: Entries): Promise<readonly Appended[]>
  settle(settlement: Settlement): Promise<boolean>
  giveBack(taken: readonly Pick<Settlement['delivery'], 'integration'>[]): Promise<void>
  expire(expiry: Expiry): Promise<number>
  replay(...choice: never[]): Promise<number>
  replayThose(...choice: never[]): Promise<Touched>
  skip(request: SkipRequest): Promise<Pick<SkipReport, 'byIntegration'>>
  moveOpen(request: MoveRequest): Promise<unknown>
  stepReplay(...step: never[]): Promise<Touched>
  stepPlanAnew(...step: never[]): Promise<Touched>
  eraseActivities(...choice: never[]): Promise<Touched>
  createReplay(...job: never[]): Promise<unknown>
  releaseReplay(...job: never[]): Promise<unknown>
  saveBreaker(...breaker: never[]): Promise<unknown>
  savePause(...pause: never[]): Promise<unknown>
  saveResume(integration: string, now: number): Promise<unknown>
}

/** Told from a verb's result and what it was called with. */
type Telling = {
  readonly [V in keyof Verbs]: (result: Awaited<ReturnType<Verbs[V]>>, ...args: Parameters<Verbs[V]>) => News
}

const due = (integrations: News['due']): News => ({ ...NO_NEWS, due: integrations })
const STATES: News = { ...NO_NEWS, states: true }
const REPLAYS: News = { ...NO_NEWS, replays: true }

const TOLD: Telling = {
  append: ({ duplicate }, { deliveries }) => due(duplicate ? [] : deliveries.map(({ integration }) => integration)),
  appendTogether: (appended, { activities }) =>
    due(
      appended.flatMap(({ duplicate }, at) =>
        duplicate ? [] : (activities[at]?.deliveries ?? []).map(({ integration }) => integration),
      ),
    ),
  settle: (isOurs, { delivery }) => due(isOurs ? [delivery.integration] : []),
  giveBack: (_, taken) => due(taken.map(({ integration }) => integration)),
  expire: (expired, { integration }) => due(expired > 0 ? [integration] : []),
  replay: (replayed) => due(replayed > 0 ? 'all' : []),
  replayThose: ({ integrations }) => due(integrations),
  skip: ({ byIntegration }) => due(byIntegration.map(({ integration }) => integration)),
  moveOpen: (_, { from, to }) => due([from, to]),
  stepReplay: ({ integrations }) => due(integrations),
  stepPlanAnew: ({ integrations }) => due(integrations),
  eraseActivities: ({ integrations }) => due(integrations),
  createReplay: () => REPLAYS,
  releaseReplay: () => REPLAYS,
  saveBreaker: () => STATES,
  savePause: () => STATES,
  // What was held is due now.
  saveResume: (_, integration) => ({ ...STATES, due: [integration] }),
}

/**
 * Who settles a delivery takes what that makes due. Others need to know for when it cannot: it stops, dies, or has as much
 * under way as it may.
 */
const WITHIN_MS: { readonly [V in keyof Verbs]?: number } = { settle: 1000 }

/** The verbs, telling other instances what they have to do. They are told after the commit, which does not wait for it. */
export function telling<V extends Verbs>(verbs: V, { tell }: Wire): V {
  const heard = Object.entries(TOLD).map(([name, newsOf]) => {
    const verb = verbs[name as keyof V] as (...args: unknown[]) => Promise<unknown>
    const told = newsOf as (result: unknown, ...args: unknown[]) => News
    const withinMs = WITHIN_MS[name as keyof Verbs] ?? 0
    return [
      name,
      async (...args: unknown[]) => {
        const result = await verb(...args)
        const news = told(result, ...args)
        if (isNews(news)) tell(news, withinMs)
        return result
      },
    ]
  })
  return { ...verbs, ...Object.fromEntries(heard) }
}
