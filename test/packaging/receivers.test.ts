import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { signer } from '../../src/connectors/webhook/signature.ts'
import { eventually } from '../gateway/eventually.ts'
import { blocks } from './pages.ts'

const SECRET = `whsec_${Buffer.from('a key of 32 bytes, or of some more').toString('base64')}`
const ACTIVITY = JSON.stringify({ type: 'story.accepted', data: { description: 'James Kirk accepted "Schilde & Öl"' } })

const LANGUAGES = [
  { name: 'Node', language: 'js', file: 'receiver.mjs', command: [process.execPath] },
  { name: 'Python', language: 'python', file: 'receiver.py', command: ['python3'] },
  { name: 'Go', language: 'go', file: 'receiver.go', command: ['go', 'run'] },
] as const

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

for (const { name, language, file, command } of LANGUAGES) {
  const isThere = !spawnSync(command[0], [language === 'go' ? 'version' : '--version']).error
  const skip = isThere ? false : `${command[0]} is not installed`
  t.test(`the receiver in ${name} takes each delivery once, and refuses what is not signed`, { skip }, async (t) => {
    const folder = t.testdir()
    const [program = ''] = blocks('docs/receivers.md', language)
    writeFileSync(join(folder, file), program)
    const port = await freePort()
    const [first, ...rest] = [...command, join(folder, file)]
    const env = { ...process.env, PORT: String(port), WEBHOOK_SECRET: SECRET }
    const child = spawn(first, rest, { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        output += chunk.toString()
      })
    t.teardown(async () => {
      const ended = child.exitCode ?? once(child, 'exit')
      // `go run` starts the program as a child of its own.
      if (child.pid !== undefined) process.kill(-child.pid)
      await ended
    })
    const post = async (headers: Record<string, string>, body = ACTIVITY): Promise<number> => {
      const answer = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', headers, body })
      await answer.arrayBuffer()
      return answer.status
    }
    const signed = (id: string, secrets: readonly string[] = [SECRET], secondsAgo = 0): Record<string, string> =>
      signer(secrets)(id, new Date(Date.now() - secondsAgo * 1000), ACTIVITY)
    await eventually(
      () => post({}).catch(() => 0),
      (status) => status !== 0 || child.exitCode !== null,
      `${name} listens: ${output}`,
    )
    t.equal(await post(signed('dlv_1')), 204)
    t.equal(await post(signed('dlv_1')), 204, 'one that was taken before')
    const other = `whsec_${Buffer.from('the next key, of 32 bytes or more').toString('base64')}`
    t.equal(await post(signed('dlv_2', [other, SECRET])), 204, 'while the secret is changed')
    t.equal(await post(signed('dlv_3', [other])), 401, 'another secret')
    t.equal(await post({ ...signed('dlv_1'), 'webhook-id': 'dlv_3' }), 401, 'the signature of another delivery')
    t.equal(await post(signed('dlv_3'), `${ACTIVITY} `), 401, 'another body')
    t.equal(await post(signed('dlv_3', [SECRET], 302)), 401, 'an old one')
    t.equal(await post(signed('dlv_3', [])), 401, 'none')
    const told = 'story.accepted: James Kirk accepted "Schilde & Öl"\n'
    await eventually(
      () => output.split(told).length,
      (count) => count >= 3,
      output,
    )
    t.equal(output.split(told).length - 1, 2, 'two deliveries, each once')
  })
}
