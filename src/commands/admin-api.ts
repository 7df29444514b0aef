import type { Config } from '../config/schema.ts'
import type { Store } from '../store/store.ts'
import { ApiProblem, type Ask, type Method, type RawAnswer } from './api-answer.ts'
import { type ConfigOptions, withStore } from './environment.ts'
import { UsageError } from './usage-error.ts'

/** Undefined values are left out. */
export type Query = Readonly<Record<string, string | number | undefined>>

/** The admin API, of the local database or of a relay that runs somewhere. */
export interface AdminApi {
  /** Null: the database of the config, in this process. */
  readonly local: { readonly config: Config; readonly store: Store } | null
  /** @throws {ApiProblem} @throws {CommandFailed} if no relay answers */
  get<T>(path: string, query?: Query): Promise<T>
  /** The answer without a body is null. @throws {ApiProblem} @throws {CommandFailed} if no relay answers */
  send<T>(method: Exclude<Method, 'GET'>, path: string, body?: object): Promise<T>
  /** Replays that nobody works on go on. A relay does so by itself. */
  helpReplays(): Promise<void>
}

/** What every command takes that can work on a relay in another place. */
export interface ApiOptions extends ConfigOptions {
  /** Of the relay. Without it, the command works on the database that the config names. */
  readonly url?: string
  readonly token?: string
  readonly tokenFile?: string
  readonly json?: boolean
}

export async function withApi<T>(options: ApiOptions, work: (api: AdminApi) => Promise<T>): Promise<T> {
  if (options.url !== undefined) {
    const { remoteAsk } = await import('./remote-api.ts')
    return await work({ local: null, ...asking(remoteAsk({ ...options, url: options.url })), async helpReplays() {} })
  }
  if (options.token !== undefined || options.tokenFile !== undefined)
    throw new UsageError('--token and --token-file are for a relay that runs: give its address with --url')
  const [{ openLocalAdmin }, { version }] = await Promise.all([
    import('../gateway/local-admin.ts'),
    import('./config-path.ts'),
  ])
  return await withStore(options, async (store, config) => {
    const admin = await openLocalAdmin({ config, store, version: version() })
    try {
      return await work({ local: { config, store }, ...asking(admin.ask), helpReplays: admin.helpReplays })
    } finally {
      await admin.close()
    }
  })
}

function asking(ask: Ask): Pick<AdminApi, 'get' | 'send'> {
  return {
    async get<T>(path: string, query: Query = {}) {
      const given = Object.entries(query).flatMap(([name, value]) =>
        value === undefined ? [] : [`${name}=${segment(value)}`],
      )
      const search = given.join('&')
      const answer = await ask('GET', search === '' ? path : `${path}?${search}`, null)
      return read(answer, Object.keys(query)) as T
    },
    async send<T>(method: Exclude<Method, 'GET'>, path: string, body?: object) {
      const answer = await ask(method, path, method === 'DELETE' ? null : (body ?? {}))
      return read(answer, Object.keys(body ?? {})) as T
    },
  }
}

/** @param names what the request says, which are options of the command line too */
function read({ status, body }: RawAnswer, names: readonly string[]): unknown {
  if (status < 300) return body === '' ? null : JSON.parse(body)
  const { type = '', detail = '' } = JSON.parse(body) as { type?: string; detail?: string }
  const kind = type.split(':').at(-1) ?? type
  if (kind !== 'bad-parameter') throw new ApiProblem(status, kind, detail)
  const [first = '', ...rest] = detail.split(' ')
  throw new UsageError([optionOf(first, names) ?? first, ...rest].join(' '))
}

/** The option that says a parameter or a field, which is named like it: `deliveries.states.0` is `--state`. */
function optionOf(place: string, names: readonly string[]): string | null {
  const [first = '', ...inside] = place.split('.')
  if (!names.includes(first)) return null
  const name = inside.filter((part) => !/^\d+$/.test(part)).at(-1) ?? first
  const one = /\.\d+$/.test(place) ? name.replace(/s$/, '') : name
  return `--${one.replaceAll('_', '-')}`
}

/** A part of a path. */
export function segment(text: string | number): string {
  return encodeURIComponent(String(text))
}
