import { Type } from 'typebox'
import { defineConnector } from '../../src/connectors/contract/connector.ts'
import { DeliveryError } from '../../src/connectors/contract/delivery-error.ts'
import { noAnswer, refusal } from '../../src/connectors/kit/answer.ts'
import { type Answer, type Recorded, type StandIn, startStandIn } from '../../src/stand-ins/stand-in.ts'

/** The smallest connector that carries states: a board on a wall, which is told each story's state. */
export const boardConnector = defineConnector({
  name: 'board',
  title: 'Board',
  settings: Type.Object({ url: Type.String({ description: 'where the board is' }) }, { additionalProperties: false }),
  configure: ({ url }) => ({
    plan: (activity) =>
      activity.stories.flatMap(({ id, fields, original }) => {
        const state = fields.currentState ?? null
        if (state === null) return []
        return [
          { kind: 'state' as const, storyId: id, author: activity.author, state, from: original.currentState ?? null },
        ]
      }),
    open: ({ send, now }) => ({
      async perform({ effect }) {
        if (effect.kind !== 'state') throw new DeliveryError('dead', 'the board shows states alone')
        const body = JSON.stringify({ story: effect.storyId, state: effect.state })
        const headers = { 'content-type': 'application/json' }
        const response = await send({ method: 'PUT', url: `${url}/states`, headers, body }).catch(noAnswer)
        if (response.status !== 204) throw refusal('the board', response, now())
        return { note: `shows ${effect.state}` }
      },
    }),
  }),
})

export interface Board extends StandIn {
  /** What it was told, as "story state", in order. */
  readonly told: readonly string[]
  /** How many requests it worked on at the same time at most. */
  busiest(): number
  /** Lets requests wait until this is called. */
  holdAnswers(): () => void
}

export async function startBoard(t: { teardown(work: () => Promise<void>): void }): Promise<Board> {
  const told: string[] = []
  let busy = 0
  let busiest = 0
  let open: Promise<void> = Promise.resolve()

  async function handle(request: Recorded): Promise<Answer> {
    if (request.method !== 'PUT' || request.path !== '/states') return { status: 404 }
    if (request.headers['content-type'] !== 'application/json') return { status: 415 }
    const { story, state } = JSON.parse(request.body.toString()) as { story: string; state: string }
    busy += 1
    busiest = Math.max(busiest, busy)
    await open
    busy -= 1
    told.push(`${story} ${state}`)
    return { status: 204 }
  }

  const standIn = await startStandIn(handle)
  t.teardown(() => standIn.close())
  return {
    ...standIn,
    told,
    busiest: () => busiest,
    holdAnswers() {
      let release = (): void => {}
      open = new Promise((resolve) => {
        release = resolve
      })
      return () => release()
    },
  }
}
