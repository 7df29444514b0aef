import { Pool } from 'undici'

export interface LoadResult {
  readonly perSecond: number
  readonly statuses: Readonly<Record<number, number>>
}

/** Posts the bodies over so many connections, each sending its next when its last was answered. */
export async function load(
  origin: string,
  path: string,
  connections: number,
  bodies: readonly Buffer[],
): Promise<LoadResult> {
  const pool = new Pool(origin, { connections, pipelining: 1 })
  const statuses: Record<number, number> = {}
  let next = 0
  async function one(): Promise<void> {
    for (let body = bodies[next++]; body !== undefined; body = bodies[next++]) {
      const answer = await pool.request({
        path,
        method: 'POST',
        headers: { 'content-type': 'application/xml' },
        body,
      })
      await answer.body.dump()
      statuses[answer.statusCode] = (statuses[answer.statusCode] ?? 0) + 1
    }
  }
  const began = performance.now()
  await Promise.all(Array.from({ length: connections }, one))
  const seconds = (performance.now() - began) / 1000
  await pool.close()
  return { perSecond: bodies.length / seconds, statuses }
}
