import { type Response, type Send, SendError } from '../http/send.ts'
import {
  type ActivitiesAnswer,
  activitiesAnswer,
  integrationsAnswer,
  projectAnswer,
  type StoryAnswer,
  storyAnswer,
  type TrackerIntegration,
} from './api-answers.ts'
import { createCache } from './api-cache.ts'
import { TrackerApiError } from './api-error.ts'
import { createGate } from './api-gate.ts'

export type { ActivitiesAnswer, StoryAnswer, TrackerIntegration } from './api-answers.ts'
export { TrackerApiError } from './api-error.ts'

/** As in the config, with the version filled into the address. */
export interface TrackerSettings {
  readonly api_url: string
  readonly token: string
  readonly auth: 'x-tracker-token' | 'bearer'
  readonly version: 'v3' | 'v5'
  readonly cache_seconds: number
}

/**
 * Tracker's API, as far as the relay needs it to find the ticket of a story. Answers are cached for `cache_seconds`; none
 * from before `notBefore` is returned.
 */
export interface TrackerApi {
  /** @throws {TrackerApiError} */
  story(projectId: string, storyId: string, notBefore: number): Promise<StoryAnswer>
  /** @throws {TrackerApiError} */
  integrations(projectId: string, notBefore: number): Promise<readonly TrackerIntegration[]>
  /** Whether the project exists and the token may see it. @throws {TrackerApiError} */
  opens(projectId: string): Promise<boolean>
  /**
   * What happened in the project, the newest first; absent with v3, whose list knows no end of a time.
   * @throws {TrackerApiError}
   */
  readonly activities?: (projectId: string, page: ActivitiesPage) => Promise<ActivitiesAnswer>
}

export interface ActivitiesPage {
  readonly after: Date
  readonly before: Date
  readonly offset: number
  readonly limit: number
}

interface TrackerApiParts {
  readonly settings: TrackerSettings
  readonly send: Send
  now(): number
  /** Milliseconds of a clock that nobody sets. */
  steady(): number
  /** 0 <= x < 1 */
  random(): number
  pause(ms: number): Promise<void>
}

const REMEMBERED_STORIES = 10_000
const REMEMBERED_PROJECTS = 1000
/** A description has up to 20,000 characters, and there are labels; 64 KiB would be tight. */
const MAX_BYTES = 512 * 1024
/** Of a page of activities, each of which may have a description twice. */
const MOST_BYTES_OF_ACTIVITIES = 16 * 1024 * 1024
const TRIES = 3
const FIRST_BACK_OFF_MS = 200

export function createTrackerApi({ settings, send, now, steady, random, pause }: TrackerApiParts): TrackerApi {
  const { api_url, token, auth, version, cache_seconds } = settings
  const base = api_url.replace(/\/+$/, '')
  const gate = createGate(steady, pause)
  const stories = createCache<StoryAnswer>(REMEMBERED_STORIES, cache_seconds * 1000, { now, steady })
  const projects = createCache<readonly TrackerIntegration[]>(REMEMBERED_PROJECTS, cache_seconds * 1000, {
    now,
    steady,
  })
  const headers = {
    accept: version === 'v5' ? 'application/json' : 'application/xml',
    ...(auth === 'bearer' ? { authorization: `Bearer ${token}` } : { 'x-trackertoken': token }),
  }

  async function ask<T>(path: string, read: (response: Response, now: Date) => T, maxBytes: number): Promise<T> {
    const answer = await send({ method: 'GET', url: `${base}${path}`, headers, maxBytes }).catch(noAnswer)
    return read(answer, new Date(now()))
  }

  /** Retries brief failures; the queue waits for longer ones. */
  function question<T>(
    path: string,
    read: (response: Response, now: Date) => T,
    maxBytes: number = MAX_BYTES,
  ): Promise<T> {
    return gate(async () => {
      for (let attempt = 1; ; attempt += 1)
        try {
          return await ask(path, read, maxBytes)
        } catch (error) {
          if (attempt === TRIES || !isBrief(error)) throw error
          await pause(FIRST_BACK_OFF_MS * 2 ** (attempt - 1) * (1 + random()))
        }
    })
  }

  function activities(projectId: string, { after, before, offset, limit }: ActivitiesPage): Promise<ActivitiesAnswer> {
    const query = new URLSearchParams({
      ...{ occurred_after: after.toISOString(), occurred_before: before.toISOString() },
      ...{ offset: String(offset), limit: String(limit) },
    })
    return question(`${projectPath(projectId)}/activity?${query}`, activitiesAnswer, MOST_BYTES_OF_ACTIVITIES)
  }

  return {
    opens: (projectId) => question(projectPath(projectId), (response, at) => projectAnswer(version, response, at)),
    story: (projectId, storyId, notBefore) =>
      stories(`${projectId} ${storyId}`, notBefore, () =>
        question(`${projectPath(projectId)}/stories/${encodeURIComponent(storyId)}`, (response, at) =>
          storyAnswer(version, storyId, response, at),
        ),
      ),
    async integrations(projectId, notBefore) {
      if (version === 'v3') return []
      return await projects(projectId, notBefore, () =>
        question(`${projectPath(projectId)}/integrations`, integrationsAnswer),
      )
    },
    ...(version === 'v5' ? { activities } : {}),
  }
}

const projectPath = (projectId: string): string => `/projects/${encodeURIComponent(projectId)}`

function noAnswer(error: unknown): never {
  if (!(error instanceof SendError)) throw error
  const reason = error.reason === 'invalid request' || error.reason === 'blocked address' ? 'wrong answer' : 'down'
  throw new TrackerApiError(reason, `Tracker's API: ${error.message}`, { cause: error })
}

/** A timeout is not brief. */
function isBrief(error: unknown): boolean {
  if (!(error instanceof TrackerApiError) || error.reason !== 'down') return false
  return !(error.cause instanceof SendError && error.cause.reason === 'timeout')
}
