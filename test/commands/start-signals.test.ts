import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { eventually } from '../gateway/eventually.ts'
import { MAIN } from '../gateway/relay-process.ts'
import { freshFolder, writeConfig } from '../gateway/running-relay.ts'

// Each process takes seconds to start on a machine that is busy with other things.
t.setTimeout(300_000)

/** Bits of the first signals in the mask of those that a process catches, as proc(5) shows it. */
const SIGHUP_BIT = 1n

async function catchesHangup(pid: number): Promise<void> {
  for (;;) {
    const [, mask = '0'] = /^SigCgt:\s*(\w+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    if ((BigInt(`0x${mask}`) & SIGHUP_BIT) !== 0n) return
    await setImmediate()
  }
}

/** Sends the signal as soon as the process catches signals, which must be long before it opens anything. */
async function signalledWhileStarting(t: Test, signal: NodeJS.Signals) {
  const folder = freshFolder(t)
  const child = spawn(process.execPath, [MAIN, 'start', '-c', writeConfig(folder, {})], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit').then(([code, by]) => (code ?? by) as number | NodeJS.Signals)
  t.teardown(async () => {
    child.kill('SIGKILL')
    await ended
  })
  let text = ''
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString()
  })
  await catchesHangup(child.pid ?? 0)
  t.notOk(existsSync(join(folder, 'relay.db')), 'the database is not there yet')
  child.kill(signal)
  return { child, ended, output: () => text }
}

const skip = !existsSync('/proc/self/status') && 'needs to see which signals a process catches'

t.test('a reload that is asked for while the relay starts is made when it has started', { skip }, async (t) => {
  const { child, ended, output } = await signalledWhileStarting(t, 'SIGHUP')
  await eventually(output, (text) => /relay started.*config reloaded/s.test(text), 'the config is read again')
  child.kill('SIGTERM')
  t.equal(await ended, 0)
})

for (const signal of ['SIGTERM', 'SIGINT'] as const)
  t.test(`${signal} while the relay starts ends it`, { skip }, async (t) => {
    const { ended } = await signalledWhileStarting(t, signal)
    t.equal(await ended, 0)
  })
