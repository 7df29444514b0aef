import { writeFileSync } from 'node:fs'
import { Worker } from 'node:worker_threads'

/** Waits until the relay, which writes nothing to this process, has ended, and ends it in the middle of whatever it does. */
const END_WITH_RELAY = `
  try { require('node:fs').readSync(0, new Uint8Array(1)) } catch {}
  process.kill(process.pid, 'SIGKILL')
`

/** What a process that `startProcess` starts does: it answers each call. */
export function answerCalls<Call, Reply extends object>(answer: (call: Call) => Promise<Reply>): void {
  // A terminal sends ^C to everybody, and systemd its signal too, while the relay still decides when this ends.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})
  askLinux()
  // The main thread may be in a regular expression that never ends.
  new Worker(END_WITH_RELAY, { eval: true, execArgv: [], resourceLimits: { maxOldGenerationSizeMb: 8 } }).unref()
  process.on('message', async (call: Call) => {
    process.send?.(await answer(call))
  })
}

/** To end this, and not the relay, if the machine or the container has no memory left; and to keep nothing of what it held. */
function askLinux(): void {
  if (process.platform !== 'linux') return
  for (const [file, value] of [
    ['oom_score_adj', '1000'],
    ['coredump_filter', '0'],
  ] as const)
    try {
      writeFileSync(`/proc/self/${file}`, value)
    } catch {
      // That is not allowed here.
    }
}
