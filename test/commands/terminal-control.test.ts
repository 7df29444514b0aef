import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { type RunningRelay, startRelay } from '../gateway/running-relay.ts'
import { PROJECT } from '../gateway/tracker-says.ts'
import { tracker } from './command-line.ts'
import { hasTerminal, onTerminal } from './pseudo-terminal.ts'

/** Clears the screen in two ways, begins a line in three, and turns the direction of writing around. */
const NASTY = 'a\u009b2J\u0085b\u2028c\u2029d\u202ee\u2066f\u200fg\u007fh'
const SHOWN = 'a\\u009b2J\\u0085b\\u2028c\\u2029d\\u202ee\\u2066f\\u200fg\\u007fh'
const ESCAPE = '\u001b[2J'

// biome-ignore lint/suspicious/noControlCharactersInRegex: none of them may be printed
const COMMANDING = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\p{Bidi_Control}\p{Cs}]/u

async function relayWithNastyTexts(t: Test): Promise<RunningRelay> {
  const relay = await startRelay(t)
  const activity = {
    kind: 'comment_create_activity',
    guid: `${PROJECT}_1`,
    project_version: 1,
    message: `${NASTY} added a comment: "${NASTY}"`,
    highlight: 'added comment:',
    changes: [
      {
        kind: 'comment',
        change_type: 'create',
        id: 7,
        new_values: { id: 7, story_id: 109, text: `${ESCAPE}${NASTY}` },
      },
    ],
    primary_resources: [{ kind: 'story', id: 109, name: NASTY, story_type: 'feature' }],
    project: { kind: 'project', id: Number(PROJECT), name: NASTY },
    performed_by: { kind: 'person', id: 1, name: NASTY, initials: NASTY },
    occurred_at: 1_700_000_000_000,
  }
  const posted = await relay.post(JSON.stringify(activity), { 'content-type': 'application/json' })
  t.equal(posted.status, 202, posted.text)
  await relay.allSettled(1)
  t.equal(
    (await relay.post(`<activity>${ESCAPE}${NASTY}`, { 'user-agent': 'x', 'content-type': 'text/xml' })).status,
    400,
  )
  await relay.store.setLinks(
    () => [
      [
        {
          projectId: PROJECT,
          storyId: '109',
          system: 'other',
          integrationId: null,
          externalId: `${ESCAPE}${NASTY}`,
          externalUrl: `http://x.example/${NASTY}`,
        },
      ],
    ],
    1,
  )
  await relay.store.savePause('log', null, `${ESCAPE}${NASTY}`, 1)
  return relay
}

t.test('whatever a command prints, no terminal obeys it', async (t) => {
  const relay = await relayWithNastyTexts(t)
  const config = join(relay.folder, 'relay.yaml')
  const file = join(relay.folder, 'activity.json')
  writeFileSync(
    file,
    JSON.stringify({
      kind: 'story_update_activity',
      guid: `${PROJECT}_2`,
      project_version: 2,
      message: NASTY,
      changes: [],
      primary_resources: [],
      project: { id: Number(PROJECT), name: NASTY },
      performed_by: { name: NASTY },
      occurred_at: 1_700_000_000_000,
    }),
  )
  const broken = join(relay.folder, 'broken.csv')
  writeFileSync(broken, `project,story,external_id,system\n${PROJECT},1,2,${ESCAPE}${NASTY}\n`)
  const cases: readonly (readonly [args: readonly string[], shown: boolean])[] = [
    [['deliveries', 'list'], false],
    [['deliveries', 'list', '--json'], true],
    [['deliveries', 'show', '1'], true],
    [['deliveries', 'show', '1', '--json'], true],
    [['activities'], true],
    [['activities', 'show', '1'], true],
    [['audit'], false],
    [['links', 'list'], true],
    [['links', 'list', '--json'], true],
    [['links', 'import', broken], false],
    [['integrations'], true],
    [['rejected', 'list'], false],
    [['rejected', 'replay', '1'], false],
    [['explain', file], false],
    [['explain', file, '--json'], true],
    [['pause', `${ESCAPE}${NASTY}`], false],
    [[`${ESCAPE}${NASTY}`], true],
  ]
  for (const [args, isShown] of cases) {
    const { stdout, stderr } = await tracker([...args, '-c', config])
    const printed = `${stdout}${stderr}`
    t.ok(!COMMANDING.test(printed), JSON.stringify([args, printed]).replace(/[^ -~]/g, '?'))
    t.ok(!isShown || printed.includes(SHOWN), 'it is shown as escapes')
  }
  const { stdout } = await tracker(['deliveries', 'show', '1', '--json', '-c', config])
  t.match(JSON.parse(stdout), { effect: { author: NASTY } }, 'to a program the text is what it was')
})

t.test('a refused body is exact in a pipe or file, and harmless on a terminal', async (t) => {
  const relay = await relayWithNastyTexts(t)
  const config = join(relay.folder, 'relay.yaml')
  const piped = await tracker(['rejected', 'show', '1', '-c', config])
  t.equal(piped.stdout, `<activity>${ESCAPE}${NASTY}`)
  t.notMatch(piped.stderr, COMMANDING)
  if (!hasTerminal) return
  const text = await onTerminal(['rejected', 'show', '1', '-c', config])
  t.match(text, `<activity>\\u001b[2J${SHOWN}`)
  t.notMatch(text, COMMANDING)
})
