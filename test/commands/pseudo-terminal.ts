import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { MAIN } from '../gateway/relay-process.ts'

const SCRIPT = ['--quiet', '--return', '--log-out', '/dev/null', '--command']

/** Whether this machine can give a command a terminal of its own. */
export const hasTerminal = spawnSync('script', [...SCRIPT, 'true'], { stdio: 'ignore' }).status === 0

/** Runs the command line on a terminal. @param typed what somebody types @returns what it shows, standard error too */
export async function onTerminal(args: readonly string[], typed?: string): Promise<string> {
  const command = [process.execPath, MAIN, ...args].map((word) => `'${word}'`).join(' ')
  const input = typed === undefined ? 'ignore' : 'pipe'
  const child = spawn('script', [...SCRIPT, command], { stdio: [input, 'pipe', 'inherit'] })
  child.stdin?.write(typed)
  const chunks: Buffer[] = []
  child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk))
  await once(child, 'close')
  return Buffer.concat(chunks).toString().replaceAll('\r\n', '\n')
}
