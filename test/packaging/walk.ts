import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, symlinkSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Test } from 'tap'
import { eventually } from '../gateway/eventually.ts'
import { MAIN } from '../gateway/relay-process.ts'
import { fences } from './pages.ts'

const run = promisify(execFile)

export interface Walk {
  readonly folder: string
  /** Of the commands that ended, in order. */
  readonly outputs: readonly string[]
  /** What the first terminal, that of the stand-in, shows in the end, without the marks of comments. */
  readonly firstTerminal: string
  /** What the page promises of it. */
  readonly promised: readonly string[]
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

/** A mark is made of how the relay calls an event, which may change with a version. */
const unmarked = (text: string): string => text.replace(/\[relay [0-9a-f]{12}/g, '[relay ...')

/**
 * Does word by word what a page says, at ports that are free here: its blocks of `sh` one after the other, those that stay
 * in terminals of their own; and waits until the first terminal shows each block that has no language.
 */
export async function walk(t: Test, page: string): Promise<Walk> {
  const folder = t.testdir()
  mkdirSync(join(folder, 'dist'))
  symlinkSync(MAIN, join(folder, 'dist', 'main.js'))
  const [relay, jira] = [await freePort(), await freePort()]
  const { RELAY_CONFIG: _, ...inherited } = process.env
  const options = { cwd: folder, env: { ...inherited, NO_COLOR: '1' } }
  const adapted = (block: string): string =>
    block
      .replaceAll('127.0.0.1:8090', `127.0.0.1:${jira}`)
      .replaceAll('127.0.0.1:8080', `127.0.0.1:${relay}`)
      .replace('stand-in jira', `stand-in jira --port ${jira}`)
      .replace('\nprojects:', `\nserver: { port: ${relay} }\n\nprojects:`)
  const terminals: { readonly child: ChildProcess; output: string }[] = []
  async function stay(block: string, said: RegExp): Promise<void> {
    const child = spawn('bash', ['-c', `exec ${block.trim()}`], { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
    const terminal = { child, output: '' }
    terminals.push(terminal)
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        terminal.output += chunk.toString()
      })
    await eventually(
      () => terminal.output,
      (output) => said.test(output) || child.exitCode !== null,
      block,
    )
    t.match(terminal.output, said)
  }
  t.teardown(async () => {
    for (const { child } of terminals) {
      const ended = child.exitCode ?? once(child, 'exit')
      child.kill('SIGTERM')
      await ended
    }
  })

  const [install, ...steps] = fences(page)
  t.equal(install?.body, 'npm ci && npm run build\n', 'what the other tests have done already')
  const outputs: string[] = []
  const promised: string[] = []
  let exported = ''
  for (const { language, body } of steps) {
    exported += language === 'sh' ? (body.match(/^export .*\n/gm)?.join('') ?? '') : ''
    if (language === '') {
      const shown = unmarked(body.trim())
      promised.push(shown)
      await eventually(
        () => unmarked(terminals[0]?.output ?? ''),
        (output) => output.includes(shown),
        body,
      )
    } else if (language !== 'sh') t.fail(`${page} has a block that nobody tries: ${body}`)
    else if (/stand-in jira$/m.test(body)) await stay(adapted(body), /ENT-18/)
    else if (/main\.js start /.test(body)) await stay(adapted(body), /relay started/)
    else outputs.push((await run('bash', ['-e', '-c', `${exported}${adapted(body)}`], options)).stdout)
  }
  return { folder, outputs, firstTerminal: unmarked(terminals[0]?.output ?? ''), promised }
}
