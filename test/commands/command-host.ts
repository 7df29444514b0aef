// A process that runs the command line as often as it is asked to; see command-line.ts.
import { Writable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { MAIN, PROGRAM } from '../gateway/relay-process.ts'

export interface Asked {
  readonly args: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
}

export interface Answered {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
  /** What still keeps the event loop alive, long after the command is done: a process of its own would not have ended. */
  readonly left: readonly string[]
}

const LONGEST_END_MS = 10_000

let runs = 0

process.on('message', async (message) => {
  process.send?.(await run(message as Asked))
})

/** program.ts is loaded anew each time, and finds all that it imports loaded already. */
async function run({ args, cwd, env }: Asked): Promise<Answered> {
  for (const name of Object.keys(process.env)) delete process.env[name]
  Object.assign(process.env, env)
  process.chdir(cwd)
  process.argv = [process.execPath, MAIN, ...args]
  process.exitCode = 0
  let exited: number | null = null
  const [stdout, stderr] = (['stdout', 'stderr'] as const).map((name) => {
    const chunks: Buffer[] = []
    const stream = new Writable({
      write(chunk: Buffer, _encoding, done) {
        if (exited === null) chunks.push(chunk)
        done()
      },
    })
    Object.defineProperty(process, name, { value: stream, configurable: true })
    return chunks
  })
  // What a process would not come to once it has exited is passed over: program.ts takes this for a crash.
  process.exit = (code) => {
    exited ??= Number(code ?? process.exitCode ?? 0)
    throw Object.assign(new Error(), { stack: '' })
  }
  const before = await kept()
  await import(`${PROGRAM}?run=${runs++}`)
  const code = exited ?? Number(process.exitCode ?? 0)
  return { code, stdout: text(stdout), stderr: text(stderr), left: await leftOf(before) }
}

function text(chunks: readonly Buffer[] | undefined): string {
  return Buffer.concat(chunks ?? []).toString()
}

/** What keeps the event loop alive. */
async function kept(): Promise<readonly string[]> {
  await pause(1)
  return process.getActiveResourcesInfo()
}

async function leftOf(before: readonly string[]): Promise<readonly string[]> {
  const end = performance.now() + LONGEST_END_MS
  for (;;) {
    const rest = [...before]
    const left = (await kept()).filter((resource) => {
      const place = rest.indexOf(resource)
      if (place >= 0) rest.splice(place, 1)
      return place < 0
    })
    if (left.length === 0 || performance.now() > end) return left
  }
}
