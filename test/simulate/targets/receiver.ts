import type { Target } from './target.ts'

/** The receiver of a web hook, which cannot be asked what it has received. */
export function createReceiver(host: string): Target {
  let received = 0
  return {
    host,
    handle() {
      received += 1
      return { status: 204, wrote: `receipt ${received}` }
    },
  }
}
