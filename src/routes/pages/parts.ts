import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { AdminToken } from '../administrators.ts'
import type { EventParts } from '../api/events.ts'
import type { Guesses } from '../guesses.ts'
import type { Frame } from './frame.tsx'
import type { PageApi } from './page-api.ts'

export interface PageParts {
  readonly version: string
  readonly guesses: Guesses
  readonly events: EventParts
  tokens(): readonly AdminToken[]
  hosts(): readonly string[]
  /** What paths begin with for browsers: empty, or such as `/relay`. */
  base(): string
  /** Milliseconds since 1970. */
  now(): number
  /** Null: not set, so only the browser knows how it reached the relay. */
  publicUrl(): string | null
  /** The paths that the projects' tools are told, with their secrets, and where they are put there. */
  hooks(): readonly {
    readonly project: string
    readonly name: string
    readonly path: string
    readonly tool: string
    readonly paste: string
  }[]
  /** What the tool is called in which the project's stories are: Tracker, Linear. */
  toolOf(project: string): string
  /** The paths of an import feed, with their secrets. */
  importPaths(integration: string): readonly string[]
  /** The page where an integration's account is authorised, with the base; null if it has none. */
  connectUrl(integration: string): string | null
  /** The address of a story's page in its tool. @param activityId one of its project */
  storyPage(of: { readonly projectId: string; readonly activityId: number }, storyId: string): Promise<string>
}

/** One look at a page by somebody who has signed in. */
export interface Visit {
  readonly api: PageApi
  readonly frame: Frame
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly query: Readonly<Record<string, string>>
  /** The fields of a form. */
  readonly form: Readonly<Record<string, string>>
  readonly params: Readonly<Record<string, string>>
  /** The address of the relay, such as `https://relay.example.com/relay`, as Tracker is told it. */
  readonly address: string
  /** Sends the browser to another page, after an action. @param path without the base */
  go(path: string): FastifyReply
}

/** Adds pages to the app that has the API. */
export interface Pages {
  readonly app: FastifyInstance
  readonly parts: PageParts
  /** @param show the page's HTML, or a reply that was sent */
  page(path: string, show: (visit: Visit) => Promise<string | FastifyReply>): void
  action(path: string, act: (visit: Visit) => Promise<string | FastifyReply>): void
}
