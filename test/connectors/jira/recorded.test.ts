import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import type { Effect } from '../../../src/connectors/contract/effect.ts'
import jira from '../../../src/connectors/jira/index.ts'
import { parseActivity } from '../../../src/tracker/parse.ts'
import { configured, jobFor } from '../../harness.ts'
import { commentJob, open } from './setup.ts'

const CONFIGURED = configured(jira, { base_url: 'https://jira.example.com', personal_access_token: 'token' })

async function planned(name: string): Promise<readonly Effect[]> {
  return CONFIGURED.plan(parseActivity(await readFile(join('test/activities', name))))
}

/** What each recorded activity does to TEST-1, one after the other. */
const LIFE: [activity: string, status: string, resolution: string | null, comments: number][] = [
  ['story_created_linked_jira.in.xml', 'Open', null, 0],
  ['story_estimated.in.xml', 'Open', null, 0],
  ['story_started.in.xml', 'In Progress', null, 0],
  ['note_created.in.xml', 'In Progress', null, 1],
  ['story_finished.in.xml', 'In Progress', null, 1],
  ['story_delivered_with_note.in.xml', 'In Progress', null, 2],
  ['story_accepted.in.xml', 'Resolved', 'Fixed', 2],
  ['story_rejected_with_note.in.xml', 'Reopened', null, 4],
  ['v5_story_started.in.json', 'In Progress', null, 4],
  ['v5_comment_created.in.json', 'In Progress', null, 5],
  ['story_moved_to_icebox.in.xml', 'Open', null, 5],
  ['v5_story_accepted.in.json', 'Resolved', 'Fixed', 5],
  ['v5_story_unaccepted.in.json', 'In Progress', null, 5],
  ['v5_story_rejected_with_comment.in.json', 'In Progress', null, 6],
  ['story_scheduled.in.xml', 'Open', null, 6],
]

t.test('a ticket goes with its story through recorded activities of both formats', async (t) => {
  const { target, perform } = await open(t)
  let before: string | null = null
  for (const [activity, status, resolution, comments] of LIFE) {
    for (const [index, planning] of (await planned(activity)).entries()) {
      // As the store completes it.
      const effect: Effect = planning.kind === 'state' ? { ...planning, from: planning.from ?? before } : planning
      if (effect.kind === 'state') before = effect.state
      await perform(
        jobFor(effect, { key: `${activity}-${index}`, ticket: { externalId: 'TEST-1', externalUrl: null } }),
      )
    }
    const { resolution: now } = target.ticket('TEST-1')
    t.strictSame(
      [target.statusOf('TEST-1'), now, target.comments('TEST-1').length],
      [status, resolution, comments],
      activity,
    )
  }
  t.equal(
    target.comments('TEST-1')[0]?.body,
    'Montgomery Scott commented:\n\nI cannae change the "laws of physics"\\!\n\n' +
      'https://www.pivotaltracker.com/story/show/109\n\n\\[relay 956f740e56b1\\]',
  )
})

t.test('a comment that a two-way sync brings back into the story is not carried on again', async (t) => {
  const { target, perform } = await open(t)
  await perform(commentJob())
  const body = target.comments('TEST-1')[0]?.body ?? ''
  const recorded = await readFile('test/activities/note_created.in.xml', 'utf8')
  const planned = (text: string): readonly Effect[] => {
    const note = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
    const activity = recorded.replace(/<text>[^<]*<\/text>/, () => `<text>${note}</text>`)
    return CONFIGURED.plan(parseActivity(Buffer.from(activity)))
  }
  t.match(planned('I need more power'), [{ kind: 'comment', text: 'I need more power' }])
  // As markup, as JIRA shows it, and with what the sync puts before it.
  const shown = body.replaceAll('\\', '')
  for (const text of [body, shown, `The sync commented:\n\n${shown}\n`]) t.strictSame(planned(text), [], text)
})

t.test('a comment without a mark is known too when a sync brings it back, and no other is taken for one', async (t) => {
  const { plan } = configured(jira, {
    base_url: 'https://jira.example.com',
    personal_access_token: 'x',
    visible_marker: false,
  })
  const recorded = await readFile('test/activities/note_created.in.xml', 'utf8')
  const planned = (text: string): number => {
    const activity = recorded.replace(/<text>[^<]*<\/text>/, () => `<text>${text}</text>`)
    return plan(parseActivity(Buffer.from(activity))).length
  }
  const url = 'https://www.pivotaltracker.com/story/show/109'
  const ours = `Scotty commented:\n\nI need more power\\!\n\n${url}`
  for (const text of [ours, `The sync commented:\n\n${ours}\n`, `James: Scotty edited a comment:\nx\n&lt;${url}&gt;`])
    t.equal(planned(text), 0, text)
  for (const text of [
    `${ours} is what I said`,
    `see ${url}`,
    url,
    ours.replace('/109', '/1090'),
    'Scotty commented:\n\nx',
  ])
    t.equal(planned(text), 1, text)
})

t.test('what is neither a new comment nor a change of state does nothing to a ticket', async (t) => {
  const activities = `
    iteration_changed.in.xml
    note_deleted.in.xml
    note_updated.in.xml
    stories_deleted.in.xml
    story_described.in.xml
    story_labelled.in.xml
    story_link_removed.in.xml
    v5_comment_deleted.in.json
    v5_comment_updated.in.json
    v5_comment_on_epic.in.json
    v5_story_created_linked.in.json
    v5_task_created.in.json
    v5_kind_unknown.in.json
  `
  for (const activity of activities.trim().split(/\s+/)) t.strictSame(await planned(activity), [], activity)
})
