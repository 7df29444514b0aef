import { readFileSync } from 'node:fs'
import t from 'tap'
import { markerOf } from '../../../src/connectors/kit/marker.ts'
import zendesk from '../../../src/connectors/zendesk/index.ts'
import type { Settings } from '../../../src/connectors/zendesk/settings.ts'
import { parseActivity } from '../../../src/tracker/parse.ts'
import { configured } from '../../harness.ts'

const settings = { url: 'acme', oauth_token: 'a' }

function planned(file: string, choice: Partial<Settings> = {}) {
  return configured(zendesk, { ...settings, ...choice }).plan(parseActivity(readFileSync(`test/activities/${file}`)))
}

const remark = {
  kind: 'comment',
  storyId: '109',
  author: 'Montgomery Scott',
  text: 'On the test stand in bay 4 & ready.',
  commentId: '2002',
} as const
const delivered = { kind: 'state', storyId: '109', author: 'Montgomery Scott', state: 'delivered', from: null } as const

t.test('a comment and a state that come together are two effects, the comment first', async (t) => {
  t.strictSame(planned('story_delivered_with_note.in.xml'), [remark, delivered])
})

t.test('comments and states can each be switched off', async (t) => {
  t.strictSame(planned('story_delivered_with_note.in.xml', { update_comments: false }), [delivered])
  t.strictSame(planned('story_delivered_with_note.in.xml', { update_state: false }), [remark])
  t.strictSame(planned('story_delivered_with_note.in.xml', { update_comments: false, update_state: false }), [])
})

t.test('every change of state is told', async (t) => {
  const files = {
    'story_started.in.xml': 'started',
    'story_finished.in.xml': 'finished',
    'story_accepted.in.xml': 'accepted',
    'story_moved_to_icebox.in.xml': 'unscheduled',
    'story_scheduled.in.xml': 'unstarted',
  }
  for (const [file, state] of Object.entries(files))
    t.match(
      planned(file).filter(({ kind }) => kind === 'state'),
      [{ kind: 'state', state }],
      file,
    )
})

t.test('a new story, an estimate and a label change no ticket', async (t) => {
  for (const file of ['story_created_linked_zendesk.in.xml', 'story_estimated.in.xml', 'story_labelled.in.xml'])
    t.strictSame(planned(file), [], file)
})

t.test('a comment that a relay wrote is not carried on', async (t) => {
  const activity = parseActivity(readFileSync('test/activities/note_created.in.xml'))
  const { plan } = configured(zendesk, settings)
  t.equal(plan(activity).length, 1)
  const echoed = activity.stories.map((story) => ({
    ...story,
    comments: story.comments.map((comment) => ({ ...comment, text: `${comment.text}\n\n${markerOf('dlv_1')}` })),
  }))
  t.strictSame(plan({ ...activity, stories: echoed }), [])
})
