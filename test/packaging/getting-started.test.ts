import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, symlinkSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { eventually } from '../gateway/eventually.ts'
import { MAIN } from '../gateway/relay-process.ts'
import { blocks, text } from './pages.ts'

const PAGE = 'docs/getting-started.md'
const run = promisify(execFile)

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

t.test('the commands of "Getting started" lead to a comment in a ticket of JIRA', async (t) => {
  const folder = t.testdir()
  mkdirSync(join(folder, 'dist'))
  symlinkSync(MAIN, join(folder, 'dist', 'main.js'))
  const [relay, jira] = [await freePort(), await freePort()]
  const { RELAY_CONFIG: _, ...inherited } = process.env
  const options = { cwd: folder, env: { ...inherited, NO_COLOR: '1' } }
  /** As the page has it, at ports that are free here. */
  const adapted = (block: string): string =>
    block
      .replaceAll('127.0.0.1:8090', `127.0.0.1:${jira}`)
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

  const [install, ...commands] = blocks(PAGE, 'sh')
  t.equal(install, 'npm ci && npm run build\n', 'what the other tests have done already')
  const [promised = ''] = blocks(PAGE, '')
  const outputs: string[] = []
  let exported = ''
  for (const block of commands) {
    exported += block.match(/^export .*\n/gm)?.join('') ?? ''
    if (/stand-in jira$/m.test(block)) await stay(adapted(block), /ENT-18/)
    else if (/main\.js start /.test(block)) await stay(adapted(block), /relay started/)
    else outputs.push((await run('bash', ['-e', '-c', `${exported}${adapted(block)}`], options)).stdout)
    if (block.includes('send tour/comment.json') && block.includes('created.json'))
      await eventually(
        () => terminals[0]?.output ?? '',
        (output) => output.includes(promised.trim()),
        promised,
      )
  }
  const everything = outputs.join('\n')
  t.match(everything, 'Montgomery Scott commented:\\n\\nShe cannot take much more.', "JIRA's API has the comment")
  t.match(everything, /"duplicates?":\s*(true|1)/, 'the second time is a duplicate')
  t.equal(terminals[0]?.output.split(promised.trim()).length, 2, 'it was written once')
  const panel = outputs.find((output) => output.includes('ENT-18')) ?? ''
  t.match(panel, 'Viewscreen flickers at warp 6')
  t.notMatch(panel, 'ENT-17', 'the ticket that has a story is not shown')
  t.notOk(existsSync(join(folder, 'tour')), 'nothing is left')
})

t.test('"Getting started" shows the settings of the stand-in', async (t) => {
  const shown = text('src/stand-ins/jira.ts').match(/personalAccessToken: '([^']+)'/)?.[1] ?? 'none'
  for (const block of [...blocks(PAGE, 'sh')].filter((each) => /token|Bearer/.test(each))) t.match(block, shown)
})
