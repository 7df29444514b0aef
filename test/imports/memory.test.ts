import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { freshFolder } from '../gateway/running-relay.ts'

t.setTimeout(600_000)

const RELAY = fileURLToPath(new URL('./relay-of-many.js', import.meta.url))
const MIB = 1024 * 1024
/** `npm run test:faults` has the long list. */
const MANY = process.env.FAULT_ROUNDS === undefined ? 40_000 : 100_000

/** Reads the list twice, while it is made and from the store, and returns how many bytes it had and how many the relay. */
async function readMany(t: Test, count: number): Promise<{ readonly feed: number; readonly memory: number }> {
  // Without what the test runner adds; and a heap that is small makes sure that what can be thrown away is.
  const { NODE_OPTIONS: _options, NODE_V8_COVERAGE: _coverage, ...env } = process.env
  const child: ChildProcess = fork(RELAY, [String(count), freshFolder(t)], {
    execArgv: ['--max-old-space-size=128'],
    env,
  })
  t.teardown(async () => {
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  })
  const [url] = (await once(child, 'message')) as [string]
  const first = await measure(`${url}/imports/shelf.xml`)
  t.equal(first.stories, count, 'all of them, while they are read')
  t.strictSame(await measure(`${url}/imports/shelf.xml`), first, 'and the same again, from the store')
  child.send('how much?')
  const [memory] = (await once(child, 'message')) as [number]
  return { feed: first.bytes, memory }
}

/** Nothing is kept of the answer, so that it can be of any length. */
async function measure(
  url: string,
): Promise<{ readonly stories: number; readonly bytes: number; readonly end: string }> {
  const answer = await fetch(url)
  let stories = 0
  let bytes = 0
  let end = ''
  for await (const piece of answer.body ?? []) {
    const text = end + Buffer.from(piece).toString('latin1')
    stories += text.split('</external_story>').length - 1
    bytes += piece.length
    const last = text.lastIndexOf('</external_story>')
    end = last === -1 ? text : text.slice(last + '</external_story>'.length)
  }
  return { stories, bytes, end }
}

t.test(`${MANY.toLocaleString('en')} tickets are read, kept and shown in no more memory than a few need`, async (t) => {
  const few = await readMany(t, 1000)
  const many = await readMany(t, MANY)
  t.comment(`${Math.round(few.memory / MIB)} MiB for 1000, ${Math.round(many.memory / MIB)} MiB for ${MANY}`)
  t.ok(many.feed > MANY * 2 * 1024, `the list has ${Math.round(many.feed / MIB)} MiB`)
  t.ok(many.memory - few.memory < many.feed / 3, 'far less than the list')
})
