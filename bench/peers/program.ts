import { type ChildProcess, spawn } from 'node:child_process'
import { setTimeout as pause } from 'node:timers/promises'
import { request } from 'undici'
import { endWithBench } from '../child.ts'
import { now } from '../clock.ts'

/** Long, because some read a thousand files first. */
const PATIENCE_MS = 120_000

/** Runs a Node program with nothing of our environment but what is given. */
export function startProgram(
  file: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): ChildProcess {
  const child = spawn(process.execPath, [file, ...args], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'ignore', 'ignore'],
  })
  endWithBench(child)
  return child
}

/** Waits until a GET of the URL is answered with this status. @throws if the program ends before, or never answers so */
export async function answers(child: ChildProcess, url: string, status: number): Promise<void> {
  const until = now() + PATIENCE_MS
  while (now() < until) {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(`it ended with ${child.exitCode ?? child.signalCode}`)
    // Node-RED takes requests before the nodes that answer them are there.
    const answered = await request(url, { headersTimeout: 1000 }).then(
      async ({ statusCode, body }) => {
        await body.dump()
        return statusCode
      },
      () => 0,
    )
    if (answered === status) return
    await pause(50)
  }
  throw new Error(`${url} was not answered ${status} within ${PATIENCE_MS / 1000} s`)
}
