import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { now } from './clock.ts'
import { createTally, type Expected, markedNumber, type Tally } from './tally.ts'

/**
 * The target of everything, in a process of its own: it looks for the marker in each body, notes the time, and answers.
 * The relay, the bare loop and the peers share it, so that what it costs is the same for all.
 */

export type Ask = { readonly expect: Expected; readonly delayMs: number } | 'report'

/** The bench gives up a run after so long without an arrival. */
const STALLED_MS = 60_000

let tally: Tally = createTally({ first: 0, count: 0, stories: 1, targets: 1, enough: 0, mark: 0 })
let delayMs = 0
let stalled: NodeJS.Timeout | undefined

const server = createServer({ keepAliveTimeout: 600_000, requestTimeout: 0 }, (request, response) => {
  let body: Buffer | null = null
  request.on('data', (chunk: Buffer) => {
    body = body === null ? chunk : Buffer.concat([body, chunk])
  })
  request.on('end', () => {
    stalled?.refresh()
    const reached = tally.note(markedNumber(body), targetOf(request.url), now())
    if (delayMs > 0) setTimeout(() => response.writeHead(204).end(), delayMs)
    else response.writeHead(204).end()
    if (reached !== null) process.send?.(reached)
  })
})

/** The paths are /0, /1, ... */
function targetOf(path = '/0'): number {
  return Number(path.slice(1))
}

process.on('message', (ask: Ask) => {
  if (ask === 'report') return void process.send?.({ report: tally.report() })
  tally = createTally(ask.expect)
  delayMs = ask.delayMs
  clearTimeout(stalled)
  stalled = setTimeout(() => process.send?.({ stalled: tally.report().arrived }), STALLED_MS)
  process.send?.({ ready: true })
})
process.on('disconnect', () => process.exit(0))
server.listen(0, '127.0.0.1', 4096, () => {
  process.send?.({ origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
})
