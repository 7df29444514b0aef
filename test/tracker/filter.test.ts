import fc from 'fast-check'
import t from 'tap'
import type { Activity, StoryChange } from '../../src/tracker/activity.ts'
import {
  type Before,
  conditionOf,
  type FilterSettings,
  filterOf,
  isKind,
  judge,
  type Verdict,
} from '../../src/tracker/filter.ts'
import { activity } from '../store/database.ts'

type Story = Partial<Pick<StoryChange, 'id' | 'storyType' | 'fields'>>

const about = (stories: readonly Story[], more: Partial<Activity> = {}): Activity => ({
  ...activity(1, []),
  stories: stories.flatMap((story) =>
    activity(1, [story.id ?? '109']).stories.map((each) => ({ ...each, storyType: null, ...story })),
  ),
  ...more,
})

const ask = (
  settings: FilterSettings,
  asked: Activity,
  before: Before | null = () => undefined,
  storyId: string | null = null,
): Verdict => {
  const filter = filterOf(settings)
  if (filter === null) throw new Error('the filter leaves nothing out')
  return judge(filter, asked, storyId, before)
}

t.test('settings that leave nothing out are no filter', async (t) => {
  t.equal(filterOf(undefined), null)
  t.equal(filterOf({}), null)
  t.equal(filterOf({ kinds: ['story_*'] })?.story, null, 'and such that ask for no story do not ask the store')
})

t.test('an accent is the same however it was typed', async (t) => {
  const [one, two] = ['Ren\u00e9', 'Rene\u0301']
  const asked = about([{ storyType: 'bug', fields: { labels: [one] } }], { author: one })
  t.equal(ask({ labels: [two] }, asked), 'passes')
  t.equal(ask({ authors: [two] }, asked), 'passes')
  t.match(ask({ not_labels: [two.toUpperCase()] }, asked), { leftOut: /not_labels/ })
})

t.test('each of the settings passes what it means and leaves out the rest, with a reason', async (t) => {
  const bug = about([{ storyType: 'bug', fields: { currentState: 'accepted', labels: ['Urgent', 'ui'] } }], {
    kind: 'note_create',
    authorId: '1702',
  })
  const passing: FilterSettings[] = [
    { kinds: ['note_create'] },
    { kinds: ['comment_create'] },
    { kinds: ['comment_create_activity'] },
    { kinds: ['story_*', 'note_*'] },
    { not_kinds: ['story_*'] },
    { authors: ['James Kirk'] },
    { authors: ['1702'] },
    { not_authors: ['Spock', '1'] },
    { story_types: ['feature', 'bug'] },
    { not_story_types: ['feature'] },
    { states: ['accepted'] },
    { not_states: ['started'] },
    { labels: ['urgent'] },
    { labels: ['late', ' UI '] },
    { not_labels: ['late'] },
    { kinds: ['*'], authors: ['James Kirk'], story_types: ['bug'], states: ['accepted'], labels: ['ui'] },
  ]
  for (const settings of passing) t.equal(ask(settings, bug), 'passes', JSON.stringify(settings))
  const leftOut: [FilterSettings, string][] = [
    [{ kinds: ['story_*'] }, 'filter.kinds leaves it out: its kind is note_create, not story_*'],
    [{ not_kinds: ['comment_*'] }, 'filter.not_kinds leaves it out: its kind is note_create'],
    [{ authors: ['Kirk', 'Spock'] }, 'filter.authors leaves it out: its author is James Kirk, not one of Kirk, Spock'],
    [{ not_authors: ['1702'] }, 'filter.not_authors leaves it out: its author is James Kirk'],
    [{ story_types: ['chore'] }, 'filter.story_types leaves it out: the type of story 109 is bug, not chore'],
    [{ not_story_types: ['bug'] }, 'filter.not_story_types leaves it out: the type of story 109 is bug'],
    [{ states: ['started'] }, 'filter.states leaves it out: the state of story 109 is accepted, not started'],
    [{ not_states: ['accepted'] }, 'filter.not_states leaves it out: the state of story 109 is accepted'],
    [
      { labels: ['late', 'internal'] },
      'filter.labels leaves it out: story 109 has the labels Urgent, ui, not one of late, internal',
    ],
    [{ not_labels: ['urgent'] }, 'filter.not_labels leaves it out: story 109 has the labels Urgent, ui'],
    [
      { labels: ['ui'], states: ['started'] },
      'filter.states leaves it out: the state of story 109 is accepted, not started',
    ],
  ]
  for (const [settings, reason] of leftOut) t.strictSame(ask(settings, bug), { leftOut: reason })
})

t.test('what the activity does not tell is known from earlier ones, and what it tells counts more', async (t) => {
  const before: Before = (id) => (id === '109' ? { storyType: 'bug', state: 'started', labels: ['urgent'] } : undefined)
  const silent = about([{}])
  t.equal(ask({ labels: ['urgent'], story_types: ['bug'], states: ['started'] }, silent, before), 'passes')
  t.match(ask({ not_labels: ['urgent'] }, silent, before), { leftOut: /^filter\.not_labels / })
  const cleared = about([{ fields: { labels: null, currentState: 'finished' } }])
  t.match(ask({ labels: ['urgent'] }, cleared, before), { leftOut: /story 109 has no labels, not urgent$/ })
  t.match(ask({ states: ['started'] }, cleared, before), { leftOut: /the state of story 109 is finished/ })
})

t.test('what nothing has told is no label, no state and no type', async (t) => {
  t.strictSame(ask({ labels: ['urgent'] }, about([{}])), {
    leftOut: 'filter.labels leaves it out: nothing has told the labels of story 109, not urgent',
  })
  t.equal(ask({ not_labels: ['urgent'], not_states: ['started'], not_story_types: ['bug'] }, about([{}])), 'passes')
})

t.test('where earlier activities cannot be asked, only what depends on them stays open', async (t) => {
  t.equal(ask({ labels: ['urgent'] }, about([{}]), null), 'open')
  t.equal(ask({ not_labels: ['urgent'] }, about([{}]), null), 'open')
  t.equal(ask({ labels: ['urgent'] }, about([{ fields: { labels: ['urgent'] } }]), null), 'passes')
  t.match(ask({ labels: ['urgent'], story_types: ['bug'] }, about([{ storyType: 'chore' }]), null), {
    leftOut: /story_types/,
  })
  t.match(ask({ labels: ['urgent'], authors: ['Spock'] }, about([{}]), null), { leftOut: /authors/ })
})

t.test('what belongs to one story is judged by that one, what belongs to all by any', async (t) => {
  const two = about([
    { id: '1', fields: { labels: ['late'] } },
    { id: '2', fields: { labels: ['urgent'] } },
  ])
  t.equal(ask({ labels: ['urgent'] }, two), 'passes')
  t.equal(ask({ labels: ['urgent'] }, two, undefined, '2'), 'passes')
  t.match(ask({ labels: ['urgent'] }, two, undefined, '1'), { leftOut: /story 1 has the label late, not urgent/ })
  t.match(ask({ labels: ['new'] }, two), { leftOut: /story 1 / })
})

t.test('an activity about no story passes only a filter that wants none', async (t) => {
  t.strictSame(ask({ labels: ['urgent'] }, about([])), { leftOut: 'filter.labels leaves it out: it is about no story' })
  t.equal(ask({ not_labels: ['urgent'] }, about([])), 'passes')
  t.equal(ask({ authors: ['James Kirk'] }, about([])), 'passes')
})

t.test('the asterisk stands for any text, and nothing else is special', async (t) => {
  t.ok(isKind('*_move', 'story_move'))
  t.notOk(isKind('story', 'story_update'))
  t.notOk(isKind('story.update', 'story_update'))
  t.ok(isKind('note_create', 'comment_create'))
})

t.test('the condition is told in words', async (t) => {
  const story = filterOf({ story_types: ['bug'], not_labels: ['internal', 'later'], states: ['started'] })?.story
  t.equal(
    story && conditionOf(story),
    'its type is bug, and its state is started, and its labels have none of internal, later',
  )
})

t.test('an open verdict is decided alike by whoever knows the rest, and never for another story', async (t) => {
  const labels = fc.option(fc.subarray(['urgent', 'late', 'new']), { nil: null })
  const state = fc.option(fc.constantFrom('started', 'accepted'), { nil: null })
  const facts = fc.record({ labels, state, storyType: fc.option(fc.constantFrom('bug', 'chore'), { nil: null }) })
  const list = (...of: string[]) => fc.option(fc.subarray(of, { minLength: 1 }), { nil: undefined })
  const settings = fc.record(
    {
      labels: list('urgent', 'late'),
      not_labels: list('new'),
      states: list('started', 'accepted'),
      story_types: list('bug'),
      not_story_types: list('chore'),
    },
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(settings, facts, facts, (given, told, earlier) => {
      const plain = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
      const filter = filterOf(plain)
      if (filter === null) return
      const asked = about([
        {
          storyType: told.storyType,
          fields: {
            ...(told.labels === null ? {} : { labels: told.labels }),
            ...(told.state === null ? {} : { currentState: told.state }),
          },
        },
      ])
      const early = judge(filter, asked, '109', null)
      const late = judge(filter, asked, '109', () => earlier)
      // What is decided early is decided the same way late.
      if (early !== 'open') t.strictSame(late === 'passes', early === 'passes')
      // And what is known now, is what the merged story is.
      const merged = {
        labels: told.labels ?? earlier.labels ?? [],
        state: told.state ?? earlier.state,
        storyType: told.storyType ?? earlier.storyType,
      }
      const one = (only: readonly string[] | undefined, value: string | null): boolean =>
        only === undefined || (value !== null && only.includes(value))
      const expected =
        (given.labels === undefined || given.labels.some((each) => merged.labels.includes(each))) &&
        !(given.not_labels ?? []).some((each) => merged.labels.includes(each)) &&
        one(given.states, merged.state) &&
        one(given.story_types, merged.storyType) &&
        !(merged.storyType !== null && (given.not_story_types ?? []).includes(merged.storyType))
      t.equal(late === 'passes', expected)
    }),
  )
})
