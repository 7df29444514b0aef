import type { Target } from '../target.ts'

/** A tool of today, whose recorded-shape events are in the folder `demo/` and its name. */
export interface Workspace {
  /** Also of its project in the config. */
  readonly name: string
  readonly title: string
  readonly targets: readonly Target[]
  /** The settings of the project's source. */
  source(signingSecret: string): Readonly<Record<string, unknown>>
  /** By the name of the event: which story it gives which ticket of which system. Kept by hand, so that one the relay misses is noticed. */
  readonly links: Readonly<
    Record<string, { readonly story: string; readonly ticket: string; readonly system: 'jira' | 'github' }>
  >
  /** The request with which the tool sends the event now. */
  request(event: object, signingSecret: string): SentRequest
}

export interface SentRequest {
  readonly body: Buffer
  readonly headers: Readonly<Record<string, string>>
}

/** What stands in the events for the addresses of ticket systems, which only running ones have, by the connector. */
export const ADDRESSES: Readonly<Record<string, string>> = {
  jira: 'https://jira.example.com',
  github: 'https://github.example.com',
}
