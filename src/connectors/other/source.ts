import { basicAuth } from '../kit/basic-auth.ts'
import type { Database, Settings, SourceSettings } from './settings.ts'
import type { OfParts } from './ticket-parts.ts'

/** How a program at an address is asked. */
export interface Access {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
}

/** The list of tickets and their parts, as JSONata expressions or JSON pointers. */
export interface Mapping {
  readonly items?: string | undefined
  readonly fields: OfParts
  readonly next?: string | undefined
}

/** The source that the settings name, with all that belongs to it. */
export type Source =
  | { readonly kind: 'external_stories' | 'feed'; readonly access: Access }
  | {
      readonly kind: 'json'
      readonly access: Access
      readonly mapping: Mapping
      /** Where a next page may be besides the origin of the first, in lower case. */
      readonly nextHosts: readonly string[]
    }
  | { readonly kind: 'yaml'; readonly file: string; readonly mapping: Mapping }
  | {
      readonly kind: 'csv'
      readonly from: Access | string
      readonly columns: OfParts
      readonly delimiter: string | null
    }
  | { readonly kind: 'sql'; readonly sql: string; readonly database: Database }

export type Kind = Source['kind']
export const KINDS: readonly Kind[] = ['external_stories', 'json', 'feed', 'csv', 'yaml', 'sql']

/** The source that the settings name; null when they name none. */
export function sourceOf({ source }: Settings): Source | null {
  const access = (url: string): Access => ({ url: url.trim(), headers: headersOf(source) })
  const mapping: Mapping = { items: source.items, fields: source.fields ?? {}, next: source.next }
  const { external_stories, json, feed, csv, yaml, sql, database } = source
  if (external_stories !== undefined) return { kind: 'external_stories', access: access(external_stories) }
  if (json !== undefined) {
    const nextHosts = (source.next_hosts ?? []).map((host) => host.toLowerCase())
    return { kind: 'json', access: access(json), mapping, nextHosts }
  }
  if (feed !== undefined) return { kind: 'feed', access: access(feed) }
  if (yaml !== undefined) return { kind: 'yaml', file: yaml, mapping }
  if (sql !== undefined && database !== undefined) return { kind: 'sql', sql, database }
  if (csv === undefined) return null
  const from = isAddress(csv) ? access(csv) : csv
  return { kind: 'csv', from, columns: source.columns ?? {}, delimiter: source.delimiter ?? null }
}

function headersOf({ username, password, headers = {} }: SourceSettings): Readonly<Record<string, string>> {
  const given = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
  if (username === undefined) return given
  return { ...given, authorization: basicAuth(username, password ?? '') }
}

/** False for the path of a file. */
export function isAddress(text: string): boolean {
  return /^\s*[a-z][a-z0-9+.-]+:\/\//i.test(text)
}

/** Keys that stand in an address: what is in its query, and in its path when it looks like one. */
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
