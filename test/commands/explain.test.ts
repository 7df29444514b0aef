import { createHmac } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { jamesToken, startCampfire } from '../../src/stand-ins/campfire.ts'
import { freshFolder, SECRET, writeConfig } from '../gateway/running-relay.ts'
import { tracker } from './command-line.ts'

// Each process takes seconds to start on a machine that is busy with other things.
t.setTimeout(300_000)

const FILE = 'test/activities/story_accepted.in.xml'

t.test('explain shows what an activity would cause, and neither sends nor stores anything', async (t) => {
  const room = await startCampfire()
  t.teardown(() => room.close())
  const folder = freshFolder(t)
  const config = writeConfig(folder, {
    projects: [
      { id: '26', secret: SECRET, integrations: ['room', 'builds'] },
      { id: 'quiet', secret: 'quiet-secret', integrations: [] },
    ],
    integrations: {
      room: { type: 'campfire', base_url: room.url, api_token: jamesToken, room_id: 42 },
      builds: { type: 'webhook', url: room.url, kinds: ['story_*'] },
      other: { type: 'log' },
    },
  })
  const ran = await tracker(['explain', FILE, '-c', config, '--json'])
  t.equal(ran.code, 0, ran.stderr)
  const expected = {
    activity: JSON.parse(readFileSync('test/activities/story_accepted.activity.json', 'utf8')) as unknown,
    deliveries: [
      {
        integration: 'room',
        effect: { kind: 'announce', what: 'accepted', storyId: '109', author: 'James Kirk', text: null },
        lanes: ['26:109'],
      },
      { integration: 'builds', effect: { kind: 'forward' }, lanes: ['26:109'] },
    ],
  }
  t.strictSame(JSON.parse(ran.stdout), expected)
  const piped = await tracker(['explain', '-', '-c', config, '--json'], { input: readFileSync(FILE) })
  t.strictSame(JSON.parse(piped.stdout), expected)
  const quiet = await tracker(['explain', FILE, '--project', 'quiet', '-c', config, '--json'])
  t.strictSame((JSON.parse(quiet.stdout) as { deliveries: unknown }).deliveries, [])
  t.strictSame(room.requests, [])
  t.notOk(existsSync(join(folder, 'relay.db')))
})

t.test('explain tells people what each integration would do, or why nothing', async (t) => {
  const config = writeConfig(freshFolder(t), {
    projects: [
      { id: '26', secret: SECRET, integrations: ['room', 'builds', 'comments'] },
      { id: 'quiet', secret: 'quiet-secret', integrations: ['builds'], ignore_authors: ['James Kirk'] },
    ],
    integrations: {
      room: { type: 'campfire', base_url: 'http://127.0.0.1:1', api_token: jamesToken, room_id: 42 },
      builds: { type: 'webhook', url: 'http://127.0.0.1:1', kinds: ['story_*'] },
      comments: { type: 'webhook', url: 'http://127.0.0.1:1', kinds: ['note_*'] },
    },
  })
  const ran = await tracker(['explain', FILE, '-c', config])
  t.equal(ran.code, 0, ran.stderr)
  const lines = ran.stdout.split('\n').filter((line) => !/^(happened|kind|project)/.test(line))
  t.match(lines[0], /^what happened {2}James Kirk accepted "/)
  t.match(lines.slice(1), [
    /^author {9}James Kirk$/,
    /^stories {8}#109/,
    'room           announces that story #109 was accepted by James Kirk',
    'builds         forwards the activity as it is',
    /^comments {7}Nothing, since webhook does not pass on the state "accepted"/,
    '',
  ])
  const quiet = ['explain', FILE, '-c', config, '--project', 'quiet']
  t.match(
    (await tracker(quiet)).stdout,
    /^builds {9}Nothing, since ignore_authors of project quiet names James Kirk\.$/m,
  )
  t.match(JSON.parse((await tracker([...quiet, '--json'])).stdout), { deliveries: [] })
  const both = readFileSync(FILE, 'utf8').replace(/^<\?xml[^>]*\?>\s*/, '')
  const list = await tracker(['explain', '-', '-c', config], { input: `<activities>${both}${both}</activities>` })
  t.match(list.stdout.split('\n\n'), [/^what happened /, /^what happened /])
})

t.test('explain tells what a filter leaves out, and on what it depends that the file does not tell', async (t) => {
  const config = writeConfig(freshFolder(t), {
    projects: [{ id: '26', secret: SECRET, integrations: ['spock', 'urgent', 'all'] }],
    integrations: {
      spock: { type: 'log', filter: { authors: ['Spock'] } },
      urgent: { type: 'log', filter: { labels: ['urgent'] } },
      all: { type: 'log', filter: { states: ['accepted'] } },
    },
  })
  const shown = await tracker(['explain', FILE, '-c', config])
  t.match(
    shown.stdout,
    /^spock {10}Nothing, since filter\.authors leaves it out: its author is James Kirk, not Spock\.$/m,
  )
  t.match(
    shown.stdout.replace(/\s+/g, ' '),
    / urgent announces that story #109 was accepted by James Kirk, if what the relay was told of the story before says that its labels have urgent all announces/,
  )
  const { deliveries, left_out } = JSON.parse(
    (await tracker(['explain', FILE, '-c', config, '--json'])).stdout,
  ) as Record<string, unknown>
  t.match(deliveries, [{ integration: 'urgent', only_if: 'its labels have urgent' }, { integration: 'all' }])
  t.match(left_out, [{ integration: 'spock', why: /^filter\.authors leaves it out/ }])
})

t.test('explain says what each activity of a list would cause', async (t) => {
  const config = writeConfig(freshFolder(t), {})
  const one = readFileSync(FILE, 'utf8').replace(/^<\?xml[^>]*\?>\s*/, '')
  const alone = await tracker(['explain', '-', '-c', config, '--json'], { input: one })
  const list = await tracker(['explain', '-', '-c', config, '--json'], {
    input: `<activities>${one}${one}</activities>`,
  })
  const each: unknown = JSON.parse(alone.stdout)
  t.strictSame(JSON.parse(list.stdout), [each, each])
})

t.test('explain says why a body would be refused', async (t) => {
  const folder = freshFolder(t)
  const config = writeConfig(folder, {})
  const file = join(folder, 'page.html')
  writeFileSync(file, '<html><body>502 Bad Gateway</body></html>')
  t.match(await tracker(['explain', file, '-c', config]), {
    code: 1,
    stdout: '',
    stderr: new RegExp(`^${file} would be refused \\(not an activity\\): .+\\n$`),
  })
})

t.test('explain names a file that cannot be read, and a project that is not there', async (t) => {
  const config = writeConfig(freshFolder(t), {})
  t.match(await tracker(['explain', '/nowhere.xml', '-c', config]), {
    code: 1,
    stderr: /^\/nowhere\.xml cannot be read: ENOENT[^\n]*\n$/,
  })
  t.match(await tracker(['explain', FILE, '-p', '27', '-c', config]), {
    code: 1,
    stderr: 'the config has no project "27", only: 26\n',
  })
})

t.test('explain --source shows what a body becomes, or the place of the first mistake', async (t) => {
  const folder = freshFolder(t)
  writeFileSync(
    join(folder, 'board.jsonata'),
    '{\n  "occurredAt": at,\n  "stories": { "id": $number(id), "change": what }\n}\n',
  )
  const project = (id: string, source: object) => ({ id, secret: SECRET, integrations: [], source })
  const config = writeConfig(folder, {
    projects: [
      project('taiga', { type: 'mapped', tool: 'taiga', signing_secret: 'analytical-engine' }),
      project('board', { type: 'mapped', file: 'board.jsonata' }),
    ],
    integrations: {},
  })
  const explain = (id: string, input: string | Buffer, ...more: readonly string[]) =>
    tracker(['explain', '-', '--source', id, '-c', config, ...more], { input: Buffer.from(input) })

  const body = readFileSync('test/sources/mapped/bodies/taiga/userstory_commented.json')
  const signature = createHmac('sha1', 'analytical-engine').update(body).digest('hex')
  const read = await explain('taiga', body, '--header', `X-Taiga-Webhook-Signature: ${signature}`)
  t.equal(read.code, 0, read.stderr)
  t.strictSame(JSON.parse(read.stdout), {
    signature: 'right',
    ...(JSON.parse(
      readFileSync('test/sources/mapped/bodies/taiga/userstory_commented.read.json', 'utf8'),
      (key, value) => (key === 'projectId' ? 'taiga' : value),
    ) as object),
  })
  t.match(
    JSON.parse((await explain('taiga', readFileSync('test/sources/mapped/bodies/taiga/webhook_test.json'))).stdout),
    {
      signature: /X-TAIGA-WEBHOOK-SIGNATURE is missing/,
      ignored: 'ping',
    },
  )

  const at = '"at":"2026-11-24T12:00:00Z"'
  for (const [input, message] of [
    [`{${at},"id":"x"}`, 'Unable to cast value to a number: "x", at line 3, column 29 of it'],
    [`{${at},"id":"1","what":"modify"}`, 'stories[0].change must be one of create, update, delete (found "modify")'],
    ['<a/>', 'the tool is expected to send JSON'],
  ] as const) {
    const refused = await explain('board', input)
    t.equal(refused.code, 1)
    t.equal(refused.stdout, '')
    t.match(refused.stderr, message)
    t.match(refused.stderr, /- would be refused \((expression|not an activity)\)/)
  }
})
