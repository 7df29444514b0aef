import { type StandIn, startStandIn } from '../../src/stand-ins/stand-in.ts'

/** A receiver of web hooks that answers only when it is told to. */
export interface SlowReceiver extends StandIn {
  /** The ids of what it has answered. */
  readonly answered: readonly string[]
  /** From now on requests wait until what this returns is called. */
  holdAnswers(): () => void
}

export async function startSlowReceiver(t: { teardown(work: () => Promise<void>): void }): Promise<SlowReceiver> {
  const answered: string[] = []
  let open: Promise<void> = Promise.resolve()
  const standIn = await startStandIn(async ({ method, headers }) => {
    if (method !== 'POST' || headers['content-type'] !== 'application/json') return { status: 415 }
    await open
    answered.push(headers['webhook-id'] ?? '')
    return { status: 204 }
  })
  t.teardown(() => standIn.close())
  return {
    ...standIn,
    answered,
    holdAnswers() {
      let release = (): void => {}
      open = new Promise((resolve) => {
        release = resolve
      })
      return () => release()
    },
  }
}
