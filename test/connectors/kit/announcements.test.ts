import t from 'tap'
import type { Announcement } from '../../../src/connectors/contract/effect.ts'
import { type AnnouncementChoice, announcedStates, announcements } from '../../../src/connectors/kit/announcements.ts'
import type { Activity, StoryChange } from '../../../src/tracker/activity.ts'

const all: AnnouncementChoice = { created: true, states: announcedStates, comments: true }

function story(parts: Partial<StoryChange> = {}): StoryChange {
  return {
    id: '109',
    change: 'update',
    name: 'More power to shields',
    storyType: 'feature',
    url: null,
    fields: {},
    original: {},
    comments: [],
    ...parts,
  }
}

function activity(...stories: StoryChange[]): Activity {
  return {
    key: '26:1031',
    format: 'xml',
    projectId: '26',
    projectName: null,
    version: 175,
    kind: 'story_update',
    highlight: null,
    occurredAt: '2009-12-14T22:12:09.000Z',
    author: 'James Kirk',
    authorId: null,
    description: 'James Kirk did something',
    stories,
    others: [],
  }
}

const said = (what: Announcement['what'], text: string | null = null, storyId = '109'): Announcement => ({
  kind: 'announce',
  what,
  storyId,
  author: 'James Kirk',
  text,
})

const comment = (text: string, change: 'create' | 'update' | 'delete' = 'create') => ({ id: '1', change, text })

type Case = [string, StoryChange[], Partial<AnnouncementChoice>, Announcement[]]

const cases: Case[] = [
  ['a new story is told', [story({ change: 'create' })], {}, [said('created')]],
  ['a new story is not told where that is off', [story({ change: 'create' })], { created: false }, []],
  [
    'a story that begins its life accepted is told as new only',
    [story({ change: 'create', fields: { currentState: 'accepted' } })],
    {},
    [said('created')],
  ],
  [
    'a story that begins its life accepted is not told at all where new stories are off',
    [story({ change: 'create', fields: { currentState: 'accepted' } })],
    { created: false },
    [],
  ],
  [
    'a comment of a new story is told for itself',
    [story({ change: 'create', comments: [comment('why not')] })],
    {},
    [said('created'), said('commented', 'why not')],
  ],
  ...announcedStates.map(
    (state): Case => [
      `a story that is ${state} is told`,
      [story({ fields: { currentState: state } })],
      {},
      [said(state)],
    ],
  ),
  ...['unscheduled', 'unstarted', 'planned', 'invented', ''].map(
    (state): Case => [
      `a story that becomes "${state}" is not told`,
      [story({ fields: { currentState: state } })],
      { states: [...announcedStates, state] },
      [],
    ],
  ),
  ['a state that was cleared is not told', [story({ fields: { currentState: null } })], {}, []],
  [
    'a state that nobody asked for is not told',
    [story({ fields: { currentState: 'started' } })],
    { states: ['accepted'] },
    [],
  ],
  [
    'a state that was the same before is not told',
    [story({ fields: { currentState: 'accepted' }, original: { currentState: 'accepted' } })],
    {},
    [],
  ],
  [
    'a state that was another before is told',
    [story({ fields: { currentState: 'accepted' }, original: { currentState: 'delivered' } })],
    {},
    [said('accepted')],
  ],
  ['a change of other fields is not told', [story({ fields: { name: 'Less power', estimate: 2 } })], {}, []],
  ['a comment is told', [story({ comments: [comment('aye')] })], {}, [said('commented', 'aye')]],
  ['a comment is not told where that is off', [story({ comments: [comment('aye')] })], { comments: false }, []],
  [
    'a comment that is empty, mended, taken back, or written by a relay is not told',
    [
      story({
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
    [story({ fields: { currentState: 'rejected' }, comments: [comment('too slow')] })],
    {},
    [said('rejected', 'too slow')],
  ],
  [
    'several comments that came along with a change of state are all told in it',
    [story({ fields: { currentState: 'rejected' }, comments: [comment('too slow'), comment('too loud')] })],
    {},
    [said('rejected', 'too slow\n\ntoo loud')],
  ],
  [
    'a comment does not ride along where comments are off',
    [story({ fields: { currentState: 'rejected' }, comments: [comment('too slow')] })],
    { comments: false },
    [said('rejected')],
  ],
  [
    'a comment is told for itself when its change of state is not',
    [story({ fields: { currentState: 'started' }, comments: [comment('on it')] })],
    { states: ['accepted'] },
    [said('commented', 'on it')],
  ],
  [
    'a deleted story is never told',
    [story({ change: 'delete', fields: { currentState: 'accepted' }, comments: [comment('bye')] })],
    {},
    [],
  ],
  [
    'stories keep their order',
    [
      story({ id: '3', fields: { currentState: 'accepted' } }),
      story({ id: '1', change: 'create' }),
      story({ id: '2', comments: [comment('a'), comment('b')] }),
    ],
    {},
    [said('accepted', null, '3'), said('created', null, '1'), said('commented', 'a', '2'), said('commented', 'b', '2')],
  ],
  ['an activity without stories tells nothing', [], {}, []],
]

for (const [name, stories, choose, expected] of cases)
  t.test(name, async (t) => t.strictSame(announcements(activity(...stories), { ...all, ...choose }), expected))
