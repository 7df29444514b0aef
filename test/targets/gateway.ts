import { type Answer, type Recorded, type StandIn, startStandIn } from '../../src/stand-ins/stand-in.ts'

/**
 * What stands between the relay and a target: passes on what it is asked and what is answered, and can be down or in
 * the way on its own, while the target behind it keeps all it knows.
 */

export interface GatewayOptions {
  readonly port?: number
  /** Headers of a request that do not get through, in lower case. */
  readonly drops?: readonly string[]
}

export interface Gateway extends StandIn {
  /** The next request that `where` picks is passed on and worked on, but answered with this. */
  answerInstead(answer: Answer, where: (request: Recorded) => boolean): void
}

/** Of one connection, not of what is sent over it. */
const OF_THE_CONNECTION = [
  'connection',
  'content-encoding',
  'content-length',
  'host',
  'keep-alive',
  'transfer-encoding',
]

export async function startGateway(to: { readonly url: string }, options: GatewayOptions = {}): Promise<Gateway> {
  const planned: { answer: Answer; where: (request: Recorded) => boolean }[] = []

  async function handle(request: Recorded): Promise<Answer> {
    const index = planned.findIndex(({ where }) => where(request))
    const [instead] = index === -1 ? [] : planned.splice(index, 1)
    const { method, path, query, body } = request
    const search = query.size === 0 ? '' : `?${query}`
    const dropped = [...OF_THE_CONNECTION, ...(options.drops ?? [])]
    const response = await fetch(`${to.url}${path}${search}`, {
      method,
      headers: Object.fromEntries(Object.entries(request.headers).filter(([name]) => !dropped.includes(name))),
      redirect: 'manual',
      ...(body.length === 0 ? {} : { body: new Uint8Array(body) }),
    })
    const answered = Buffer.from(await response.arrayBuffer())
    if (instead !== undefined) return instead.answer
    const cookies = response.headers.getSetCookie()
    const headers = [...response.headers].filter(([name]) => ![...OF_THE_CONNECTION, 'set-cookie'].includes(name))
    return {
      status: response.status,
      headers: { ...Object.fromEntries(headers), ...(cookies.length === 0 ? {} : { 'set-cookie': cookies }) },
      body: answered,
    }
  }

  const standIn = await startStandIn(handle, options.port === undefined ? {} : { port: options.port })
  return {
    ...standIn,
    answerInstead(answer, where) {
      planned.push({ answer, where })
    },
  }
}
