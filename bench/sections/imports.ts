import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { request } from 'undici'
import { now } from '../clock.ts'
import { cpuSeconds, megabytes } from '../process-use.ts'
import { startRelay } from '../relay-process.ts'
import { Samples } from '../samples.ts'
import type { Bench, Section } from '../section.ts'

const STORY = '<external_story>'

export const imports: Section = {
  name: 'imports',
  title: 'Import',
  explanation: `Tickets of a CSV file, half a kilobyte each, as Tracker's import panel gets them: read, mapped, kept on disk and sent as XML.
"kept" is the same list once more, from the disk. The peak of memory is that of the whole process.`,

  async measure(bench) {
    const samples = new Samples()
    for (let round = 0; round < bench.sizes.rounds; round += 1)
      for (const tickets of bench.sizes.imports.tickets) {
        bench.say(`imports, round ${round + 1}, ${tickets} tickets`)
        samples.add(`${tickets.toLocaleString('en')} tickets`, await ofTickets(bench, tickets))
      }
    return {
      samples,
      columns: [
        ...[{ measure: 'stories/s' }, { measure: 'µs each' }, { measure: 'kept, stories/s' }],
        ...[{ measure: 'MB before' }, { measure: 'peak MB' }],
      ],
    }
  },
}

async function ofTickets(bench: Bench, tickets: number): Promise<Record<string, number>> {
  const folder = bench.folder()
  const csv = join(folder, 'tickets.csv')
  await pipeline(Readable.from(lines(tickets)), createWriteStream(csv))
  const list = { type: 'other', base_url: 'https://tickets.example.com/', source: { csv }, import: { public: true } }
  const relay = await startRelay({ folder, integrations: { list } })
  try {
    const before = megabytes(relay.pid).now
    const cpu = cpuSeconds(relay.pid)
    const read = await storiesOf(`${relay.origin}/imports/list.xml`)
    const spent = cpuSeconds(relay.pid) - cpu
    const kept = await storiesOf(`${relay.origin}/imports/list.xml`)
    bench.check.equal(read.stories, tickets, 'import: each ticket is a story')
    bench.check.equal(kept.stories, tickets, 'import: and in the list that is kept')
    return {
      'stories/s': tickets / read.seconds,
      'µs each': (spent / tickets) * 1e6,
      'kept, stories/s': tickets / kept.seconds,
      'MB before': before,
      'peak MB': megabytes(relay.pid).peak,
    }
  } finally {
    await relay.stop()
  }
}

function* lines(tickets: number): Generator<string> {
  yield 'external_id,name,description,requested_by,created_at,type,estimate\n'
  const text =
    'The coils of the port nacelle run hot at warp six, and cool down only after an hour at impulse. '.repeat(4)
  for (let number = 1; number <= tickets; number += 1)
    yield `${number},"Coil ${number} runs hot","${text}",Montgomery Scott,2009-12-14T14:12:09Z,bug,\n`
}

async function storiesOf(url: string): Promise<{ readonly stories: number; readonly seconds: number }> {
  const began = now()
  const { statusCode, body } = await request(url)
  if (statusCode !== 200) throw new Error(`${url} was answered ${statusCode}: ${await body.text()}`)
  let stories = 0
  let rest = ''
  for await (const chunk of body.setEncoding('utf8')) {
    const parts = (rest + chunk).split(STORY)
    stories += parts.length - 1
    rest = (parts.at(-1) ?? '').slice(1 - STORY.length)
  }
  return { stories, seconds: (now() - began) / 1000 }
}
