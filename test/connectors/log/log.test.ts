import t from 'tap'
import { Value } from 'typebox/value'
import type { Log } from '../../../src/connectors/contract/connector.ts'
import type { Announcement, Effect } from '../../../src/connectors/contract/effect.ts'
import log from '../../../src/connectors/log/index.ts'
import { configured, type JobParts, jobFor, problemsOf } from '../../harness.ts'

const effect: Announcement = { kind: 'announce', what: 'accepted', storyId: '109', author: 'James Kirk', text: null }

/** What the log got for one effect. */
async function logged(
  parts: Partial<Announcement>,
  job: JobParts = {},
  level: 'info' | 'warn' = 'info',
  of: Effect = { ...effect, ...parts },
  settings: object = {},
): Promise<[object, string][]> {
  const lines: [object, string][] = []
  const unused = (): never => {
    throw new Error(`only ${level} is for this`)
  }
  const sink: Log = {
    ...{ debug: unused, info: unused, warn: unused, error: unused },
    [level]: (fields: object, line: string) => void lines.push([fields, line]),
  }
  const session = configured(log, settings).open({
    integration: 'ship-log',
    send: unused,
    now: () => new Date(),
    steady: () => 0,
    random: () => 0.5,
    pause: async () => {},
    log: sink,
  })
  const receipt = await session.perform?.(jobFor(of, job))
  t.strictSame(receipt, { note: of.kind === 'notice' ? 'logged' : `logged: ${lines[0]?.[1]}` })
  return lines
}

const STORY = '"More power to shields" (feature) https://www.pivotaltracker.com/story/show/109'

t.test('each effect is one line that a person can read', async (t) => {
  const cases: [Partial<Announcement>, JobParts, string][] = [
    [{}, {}, `James Kirk accepted ${STORY}`],
    [{ what: 'created' }, {}, `James Kirk added ${STORY}`],
    [{ what: 'started' }, {}, `James Kirk started ${STORY}`],
    [{ what: 'finished' }, {}, `James Kirk finished ${STORY}`],
    [{ what: 'delivered' }, {}, `James Kirk delivered ${STORY}`],
    [{ what: 'rejected', text: 'too slow' }, {}, `James Kirk rejected ${STORY}: too slow`],
    [{ what: 'commented', text: 'Ärger\nund "mehr" 🖖' }, {}, `James Kirk commented on ${STORY}: Ärger und "mehr" 🖖`],
    [{ author: ' ' }, {}, `Someone accepted ${STORY}`],
    [
      {},
      { story: { name: null, type: null } },
      'James Kirk accepted story 109 https://www.pivotaltracker.com/story/show/109',
    ],
  ]
  for (const [parts, job, line] of cases)
    t.strictSame(await logged(parts, job), [
      [{ key: 'dlv_0123456789abcdef', storyId: '109', what: parts.what ?? 'accepted' }, line],
    ])
})

t.test('a text can neither forge a line nor command a terminal', async (t) => {
  const nasty = 'a\u001b[2J\u0007\r\nERROR forged\u0000\u009b31m\u2028b\u202egnp.exe'
  const [[, line] = [{}, '']] = await logged({ author: nasty, text: nasty }, { story: { name: nasty, type: nasty } })
  t.notMatch(line, /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/u)
  t.match(line, /^a \[2J ERROR forged 31m b gnp\.exe accepted "/)
})

t.test('a long text is cut, between characters', async (t) => {
  const [[, line] = [{}, '']] = await logged({ text: '🖖'.repeat(2000) })
  t.equal(line, `James Kirk accepted ${STORY}: ${'🖖'.repeat(1000)}…`)
})

t.test('all is announced unless it is turned off', async (t) => {
  const settings = Value.Default(log.settings, {})
  t.strictSame(settings, {
    publish_new_stories: true,
    publish_story_state_changes: true,
    publish_story_comments: true,
    templates: {},
  })
})

t.test('a notice of the relay is a warning', async (t) => {
  const notice: Effect = {
    kind: 'notice',
    lines: [{ about: 'jira', what: 'held', isOver: false, message: 'jira takes nothing' }],
  }
  t.strictSame(await logged({}, {}, 'warn', notice), [
    [{ key: 'dlv_0123456789abcdef' }, 'Tracker Relay: jira takes nothing.'],
  ])
})

t.test('own words stand in place of the line, for each of the events that the log tells', async (t) => {
  const templates = {
    started: '{author} has begun {story}',
    finished: '{story}[ ({text})] is ready {link}',
    created: '{author} {what} {story}',
  }
  const line = async (parts: Partial<Announcement>, job: JobParts = {}): Promise<string | undefined> =>
    (await logged(parts, job, 'info', { ...effect, ...parts }, { templates }))[0]?.[1]
  t.equal(await line({ what: 'started' }), 'James Kirk has begun "More power to shields"')
  const link = 'https://www.pivotaltracker.com/story/show/109'
  t.equal(await line({ what: 'finished' }), `"More power to shields" is ready ${link}`)
  t.equal(await line({ what: 'finished', text: 'at\nlast' }), `"More power to shields" (at last) is ready ${link}`)
  t.equal(await line({ what: 'created' }), 'James Kirk added feature "More power to shields"')
  t.equal(await line({ what: 'created' }, { story: { name: null } }), 'James Kirk added story 109')
  t.equal(await line({ what: 'accepted' }), `James Kirk accepted ${STORY}`, 'the others stay as they are')
  t.match(problemsOf(log, { templates: { started: '{story' } }), [
    { setting: 'templates.started', problem: /single "\{"/ },
  ])
})
