import { basicAuth } from '../kit/basic-auth.ts'
import type { Database, Settings, SourceSettings } from './settings.ts'
import type { OfParts } from './ticket-parts.ts'
import type { TimeFormat } from './times.ts'

export interface Endpoint {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
}

/** JSONata expressions or JSON pointers. */
export interface Mapping {
  readonly items?: string | undefined
  readonly fields: OfParts
  readonly next?: string | undefined
}

/** What all kinds have. */
interface AnySource {
  readonly times: TimeFormat
  /** Null: as the document says. */
  readonly encoding: string | null
}

export type Source = AnySource &
  (
    | { readonly kind: 'external_stories'; readonly endpoint: Endpoint }
    /** Paths of elements. */
    | { readonly kind: 'feed'; readonly endpoint: Endpoint; readonly fields: OfParts }
    | {
        readonly kind: 'json'
        readonly endpoint: Endpoint
        readonly mapping: Mapping
        /** Other hosts that a next page may be at, in lower case. */
        readonly nextHosts: readonly string[]
        /** Null: the usual limit. */
        readonly maxPages: number | null
      }
    | { readonly kind: 'yaml'; readonly file: string; readonly mapping: Mapping }
    | {
        readonly kind: 'csv'
        /** A string is the path of a file. */
        readonly from: Endpoint | string
        readonly columns: OfParts
        readonly delimiter: string | null
      }
    | { readonly kind: 'sql'; readonly sql: string; readonly database: Database }
  )

export type Kind = Source['kind']
export const KINDS: readonly Kind[] = ['external_stories', 'json', 'feed', 'csv', 'yaml', 'sql']

/** Null if the settings name none. */
export function sourceOf({ source }: Settings): Source | null {
  const endpoint = (url: string): Endpoint => ({ url: url.trim(), headers: headersOf(source) })
  const mapping: Mapping = { items: source.items, fields: source.fields ?? {}, next: source.next }
  const times: TimeFormat = { format: source.date_format ?? null, zone: source.time_zone ?? 'UTC' }
  const any: AnySource = { times, encoding: source.encoding ?? null }
  const { external_stories, json, feed, csv, yaml, sql, database } = source
  if (external_stories !== undefined) return { ...any, kind: 'external_stories', endpoint: endpoint(external_stories) }
  if (json !== undefined) {
    const nextHosts = (source.next_hosts ?? []).map((host) => host.toLowerCase())
    return { ...any, kind: 'json', endpoint: endpoint(json), mapping, nextHosts, maxPages: source.max_pages ?? null }
  }
  if (feed !== undefined) return { ...any, kind: 'feed', endpoint: endpoint(feed), fields: source.fields ?? {} }
  if (yaml !== undefined) return { ...any, kind: 'yaml', file: yaml, mapping }
  if (sql !== undefined && database !== undefined) return { ...any, kind: 'sql', sql, database }
  if (csv === undefined) return null
  const from = isUrl(csv) ? endpoint(csv) : csv
  return { ...any, kind: 'csv', from, columns: source.columns ?? {}, delimiter: source.delimiter ?? null }
}

function headersOf({ username, password, headers = {} }: SourceSettings): Readonly<Record<string, string>> {
  const given = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
  if (username === undefined) return given
  return { ...given, authorization: basicAuth(username, password ?? '') }
}

/** Otherwise it is the path of a file. */
export function isUrl(text: string): boolean {
  return /^\s*[a-z][a-z0-9+.-]+:\/\//i.test(text)
}

/** Keys in URLs: parts of the path or query that look like one. */
export function secretsOf({ source }: Settings): readonly string[] {
  const addresses = [source.external_stories, source.json, source.feed, source.csv]
  return addresses.flatMap((address) => {
    if (address === undefined || !URL.canParse(address)) return []
    const { pathname, searchParams } = new URL(address)
    return [...pathname.split('/'), ...searchParams.values()].filter(
      (part) => part.length >= 8 && /\d/.test(part) && /[A-Za-z]/.test(part),
    )
  })
}
