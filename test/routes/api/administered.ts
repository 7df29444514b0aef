import { type Answer, ask, type RelaySetup, type RunningRelay, startRelay } from '../../gateway/running-relay.ts'

export const OPERATOR = 'an-operators-token-0001'
export const READER = 'a-readers-token-00000002'

export const TOKENS = [
  { name: 'kirk', role: 'operate', token: OPERATOR },
  { name: 'chekov', role: 'read', token: READER },
]

export interface Asked {
  readonly method?: string
  readonly body?: unknown
  /** Null: none is sent. Default: one that may operate. */
  readonly token?: string | null
  readonly headers?: Record<string, string>
}

export interface AdministeredRelay extends RunningRelay {
  api(path: string, asked?: Asked): Promise<Answer>
}

/** A relay with an operator and a reader. */
export async function administeredRelay(
  t: Parameters<typeof startRelay>[0],
  setup: RelaySetup = {},
): Promise<AdministeredRelay> {
  const relay = await startRelay(t, { ...setup, admin: { tokens: TOKENS, ...setup.admin } })
  return { ...relay, api: (path, asked) => askApi(relay.url, path, asked) }
}

export function askApi(url: string, path: string, asked: Asked = {}): Promise<Answer> {
  const { method = 'GET', body, token = OPERATOR, headers = {} } = asked
  const isWrite = method !== 'GET' && method !== 'HEAD'
  return ask(`${url}/api/v1${path}`, {
    method,
    headers: {
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(isWrite ? { 'content-type': 'application/json' } : {}),
      ...headers,
    },
    ...(isWrite ? { body: JSON.stringify(body ?? {}) } : {}),
  })
}
