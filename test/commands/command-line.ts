import { type ChildProcess, fork, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { MAIN } from '../gateway/relay-process.ts'
import type { Answered, Asked } from './command-host.ts'

export interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Surroundings {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  readonly input?: string | Buffer
  /** Default: as it is shipped. */
  readonly program?: string
}

const HOST = fileURLToPath(new URL('./command-host.js', import.meta.url))

let host: { readonly child: ChildProcess; busy: boolean } | null = null
t.teardown(() => host?.child.kill())

/**
 * Runs the command line and tells what it printed. Starting a process takes a hundred times as long as most commands, so
 * the commands of a test file share one; those that read their input, or stay, get one of their own.
 */
export async function tracker(args: readonly string[], surroundings: Surroundings = {}): Promise<Ran> {
  const { cwd, env, input } = surroundings
  if (input !== undefined || args[0] === 'start' || args[0] === 'connect' || host?.busy)
    return await inOwnProcess(args, surroundings)
  const its = host ?? { child: fork(HOST, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] }), busy: false }
  host = its
  its.busy = true
  const asked: Asked = { args, cwd: cwd ?? process.cwd(), env: environment(env) }
  its.child.send(asked)
  const { left, ...ran } = await answerOf(its.child)
  its.busy = false
  if (left.length > 0) throw new Error(`${args.join(' ')}: a process would not end, because of ${left.join(', ')}`)
  return ran
}

function answerOf(child: ChildProcess): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const gone = (): void => reject(new Error('the process ended instead of the command'))
    child.once('exit', gone)
    child.once('message', (answer) => {
      child.off('exit', gone)
      resolve(answer as Answered)
    })
  })
}

/** Runs the command line as a person does, in a process of its own. */
export async function inOwnProcess(args: readonly string[], surroundings: Surroundings = {}): Promise<Ran> {
  const { cwd, env, input, program = MAIN } = surroundings
  const child = spawn(process.execPath, [program, ...args], {
    ...(cwd === undefined ? {} : { cwd }),
    env: environment(env),
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const stdout: Buffer[] = []
  const stderr: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk))
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { code, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() }
}

function environment(env: Surroundings['env']): Record<string, string> {
  const { RELAY_CONFIG: _, ...inherited } = process.env
  return { ...(inherited as Record<string, string>), NO_COLOR: '1', ...env }
}
