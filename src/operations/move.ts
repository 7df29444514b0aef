import type { MoveReport } from '../store/move.ts'
import type { ThreadedStore } from '../store/thread.ts'
import { OperationError } from './operation-error.ts'

export interface Move {
  readonly who: string
  readonly from: string
  readonly to: string
  /** Of which type the former integration was; needed if no relay of this release has run it. */
  readonly type?: string
}

/**
 * Gives the open deliveries of a renamed or removed integration to another one of the same type.
 * @param types of the integrations of the config in force
 * @throws {OperationError} if they cannot go there
 */
export async function moveDeliveries(
  {
    store,
    types,
    wake,
  }: {
    readonly store: Pick<ThreadedStore, 'moveOpen' | 'integrationTypes'>
    readonly types: Readonly<Record<string, string>>
    wake(integrations: readonly string[]): void
  },
  { who, from, to, type }: Move,
  now: number,
): Promise<MoveReport> {
  if (types[from] !== undefined)
    throw new OperationError(
      'conflict',
      `integration "${from}" is in the config and carries out its deliveries itself; only what waits for a renamed or removed one can be moved`,
    )
  const wanted = types[to]
  if (wanted === undefined) throw new OperationError('unknown', `the config has no integration "${to}"`)
  const was = (await store.integrationTypes()).get(from) ?? type
  if (was === undefined)
    throw new OperationError(
      'invalid',
      `it is not known of which type integration "${from}" was: say so with the type, such as ${wanted}`,
    )
  if (was !== wanted)
    throw new OperationError('conflict', `integration "${from}" was of type ${was}, but "${to}" is of type ${wanted}`)
  const report = await store.moveOpen({ who, from, to, now })
  if (report.underWay > 0)
    throw new OperationError(
      'conflict',
      `${report.underWay} deliveries of "${from}" are being delivered right now, so ${report.moved === 0 ? 'nothing was' : `only ${report.moved} were`} moved; try again when they have ended`,
    )
  wake([to])
  return report
}
