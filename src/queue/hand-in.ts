import type { RejectedRequest } from '../store/rejected.ts'
import { ParseError } from '../tracker/parse-error.ts'
import { type Journal, type ListRefusal, type Project, RefusedError } from './journal.ts'

/** What became of a refused request that was handed in again. */
export interface HandedIn {
  /** Null for a list, and for what is ignored. */
  readonly activity: number | null
  readonly fresh: number
  readonly duplicates: number
  readonly deliveries: number
  /** Of a list, what is refused again: the request is then kept as a whole. */
  readonly refused: readonly ListRefusal[]
}

interface Hands {
  /** Must not keep what it refuses, since that is kept already. */
  readonly journal: Pick<Journal, 'accept' | 'acceptList'>
  forget(id: number): Promise<unknown>
}

/**
 * Hands a refused request in as if it came now, and forgets it once all of it is stored. Whoever does so vouches for it:
 * no signature is asked for.
 * @param mended in place of the stored body
 * @throws {RefusedError} if it is refused again
 * @throws {StoreError}
 */
export async function handIn(
  request: RejectedRequest,
  { project, mended }: { readonly project: Project; readonly mended: Buffer | null },
  { journal, forget }: Hands,
): Promise<HandedIn> {
  const { head } = request
  const arrival = {
    project,
    body: mended ?? request.body,
    contentType: head['content-type'] ?? null,
    headers: head,
    head: () => head,
  }
  const bodies = listIn(arrival)
  if (bodies !== null) {
    const { fresh, duplicates, deliveries, refused } = await journal.acceptList(arrival, bodies)
    if (refused.length === 0) await forget(request.id)
    return { activity: null, fresh, duplicates, deliveries, refused }
  }
  const accepted = await journal.accept(arrival)
  const stored = 'ignored' in accepted ? [] : accepted.stored
  // In this order: if it stops in between, a repeat finds the activity in the journal.
  await forget(request.id)
  const duplicates = stored.filter(({ duplicate }) => duplicate).length
  return {
    activity: stored.length === 1 ? (stored[0]?.id ?? null) : null,
    fresh: stored.length - duplicates,
    duplicates,
    deliveries: stored.reduce((sum, { deliveries }) => sum + deliveries, 0),
    refused: [],
  }
}

function listIn({ project, body }: { readonly project: Project; readonly body: Buffer }): readonly Buffer[] | null {
  try {
    return project.source.split?.(body) ?? null
  } catch (error) {
    if (error instanceof ParseError) throw new RefusedError(400, error.reason, error.message)
    throw error
  }
}

/** Why the stored body cannot be handed in as it is; null if it can. */
export function lackOf({ reason, body, bodyBytes }: RejectedRequest): string | null {
  if (reason === 'incomplete') return 'the body broke off before its end'
  return bodyBytes > body.length ? `only the first ${body.length} bytes of the body were stored` : null
}
