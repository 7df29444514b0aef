import t from 'tap'
import type { Announcement } from '../../../src/connectors/contract/effect.ts'
import { type AnnouncementChoice, announcedStates, announcements } from '../../../src/connectors/kit/announcements.ts'
import type { StoryChange } from '../../../src/tracker/activity.ts'
import { exampleActivity, exampleStory } from '../../harness.ts'

const all: AnnouncementChoice = { created: true, states: announcedStates, comments: true }

const said = (what: Announcement['what'], text: string | null = null, storyId = '109'): Announcement => ({
  kind: 'announce',
  what,
  storyId,
  author: 'James Kirk',
  text,
})

const comment = (text: string, change: 'create' | 'update' | 'delete' = 'create') => ({ id: '1', change, text })

const file = { kind: 'file', id: '3', name: 'a.png', contentType: null, size: null, url: '/a.png' } as const

type Case = [string, StoryChange[], Partial<AnnouncementChoice>, Announcement[]]

const cases: Case[] = [
  ['a new story is told', [exampleStory({ change: 'create' })], {}, [said('created')]],
  ['a new story is not told where that is off', [exampleStory({ change: 'create' })], { created: false }, []],
  [
    'a story that begins its life accepted is told as new only',
    [exampleStory({ change: 'create', fields: { currentState: 'accepted' } })],
    {},
    [said('created')],
  ],
  [
    'a story that begins its life accepted is not told at all where new stories are off',
    [exampleStory({ change: 'create', fields: { currentState: 'accepted' } })],
    { created: false },
    [],
  ],
  [
    'a comment of a new story is told for itself',
    [exampleStory({ change: 'create', comments: [comment('why not')] })],
    {},
    [said('created'), said('commented', 'why not')],
  ],
  ...announcedStates.map(
    (state): Case => [
      `a story that is ${state} is told`,
      [exampleStory({ fields: { currentState: state } })],
      {},
      [said(state)],
    ],
  ),
  ...['unscheduled', 'unstarted', 'planned', 'invented', ''].map(
    (state): Case => [
      `a story that becomes "${state}" is not told`,
      [exampleStory({ fields: { currentState: state } })],
      { states: [...announcedStates, state] },
      [],
    ],
  ),
  [
    'what Tracker has no word for is told in its own words, with what was said to it',
    [exampleStory({ deed: 'cancelled', comments: [comment('why bother')] })],
    {},
    [{ ...said('changed', 'why bother'), deed: 'cancelled' }],
  ],
  [
    'what Tracker has no word for is not told where states are off',
    [exampleStory({ deed: 'cancelled' })],
    { states: [] },
    [],
  ],
  ['a state that was cleared is not told', [exampleStory({ fields: { currentState: null } })], {}, []],
  [
    'a state that nobody asked for is not told',
    [exampleStory({ fields: { currentState: 'started' } })],
    { states: ['accepted'] },
    [],
  ],
  [
    'a state that was the same before is not told',
    [exampleStory({ fields: { currentState: 'accepted' }, original: { currentState: 'accepted' } })],
    {},
    [],
  ],
  [
    'a state that was another before is told',
    [exampleStory({ fields: { currentState: 'accepted' }, original: { currentState: 'delivered' } })],
    {},
    [said('accepted')],
  ],
  ['a change of other fields is not told', [exampleStory({ fields: { name: 'Less power', estimate: 2 } })], {}, []],
  ['a comment is told', [exampleStory({ comments: [comment('aye')] })], {}, [said('commented', 'aye')]],
  ['a comment is not told where that is off', [exampleStory({ comments: [comment('aye')] })], { comments: false }, []],
  [
    'a comment that is empty, mended, taken back, or written by a relay is not told',
    [
      exampleStory({
        comments: [
          comment(' \n'),
          comment('aye', 'update'),
          comment('', 'delete'),
          comment('aye [relay 0123456789ab]'),
        ],
      }),
    ],
    {},
    [],
  ],
  [
    'a comment that came along with a change of state is told in it, once',
    [exampleStory({ fields: { currentState: 'rejected' }, comments: [comment('too slow')] })],
    {},
    [said('rejected', 'too slow')],
  ],
  [
    'several comments that came along with a change of state are all told in it',
    [exampleStory({ fields: { currentState: 'rejected' }, comments: [comment('too slow'), comment('too loud')] })],
    {},
    [said('rejected', 'too slow\n\ntoo loud')],
  ],
  [
    'a comment does not ride along where comments are off',
    [exampleStory({ fields: { currentState: 'rejected' }, comments: [comment('too slow')] })],
    { comments: false },
    [said('rejected')],
  ],
  [
    'a comment is told for itself when its change of state is not',
    [exampleStory({ fields: { currentState: 'started' }, comments: [comment('on it')] })],
    { states: ['accepted'] },
    [said('commented', 'on it')],
  ],
  [
    'a deleted story is never told',
    [exampleStory({ change: 'delete', fields: { currentState: 'accepted' }, comments: [comment('bye')] })],
    {},
    [],
  ],
  [
    'stories keep their order',
    [
      exampleStory({ id: '3', fields: { currentState: 'accepted' } }),
      exampleStory({ id: '1', change: 'create' }),
      exampleStory({ id: '2', comments: [comment('a'), comment('b')] }),
    ],
    {},
    [said('accepted', null, '3'), said('created', null, '1'), said('commented', 'a', '2'), said('commented', 'b', '2')],
  ],
  [
    'a comment of files alone is told, and files that came with a change of state ride in that',
    [
      exampleStory({ comments: [{ ...comment(''), attachments: [file] }] }),
      exampleStory({
        id: '2',
        fields: { currentState: 'rejected' },
        comments: [{ ...comment('no'), attachments: [file] }],
      }),
    ],
    {},
    [
      { ...said('commented'), attachments: [{ name: 'a.png', url: null }] },
      { ...said('rejected', 'no', '2'), attachments: [{ name: 'a.png', url: null }] },
    ],
  ],
  ['an activity without stories tells nothing', [], {}, []],
]

for (const [name, stories, choose, expected] of cases)
  t.test(name, async (t) => t.strictSame(announcements(exampleActivity(...stories), { ...all, ...choose }), expected))

t.test('a story from another project is told as moved, whatever format told it', async (t) => {
  const kinds = ['move_into_project', 'story_move_into_project', 'multi_story_move_into_project_and_prioritize']
  for (const kind of kinds) {
    const activity = { ...exampleActivity(exampleStory({ change: 'create' })), kind }
    t.strictSame(announcements(activity, all), [said('moved')], kind)
    t.strictSame(announcements(activity, { ...all, created: false }), [], `${kind} is a new story for a project`)
  }
})

t.test('a comment of v5 is Markdown', async (t) => {
  const story = exampleStory({ comments: [comment('*aye*')], fields: { currentState: 'accepted' } })
  const activity = { ...exampleActivity(story), format: 'json' } as const
  t.strictSame(announcements(activity, all), [{ ...said('accepted', '*aye*'), markup: 'markdown' }])
})
