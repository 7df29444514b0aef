import t from 'tap'
import { isMarked } from '../../src/connectors/contract/mark.ts'
import { hiddenMarkerOf, markerOf } from '../../src/connectors/kit/marker.ts'
import { type Taken, withoutOwn } from '../../src/queue/own-writes.ts'
import type { StoryChange } from '../../src/tracker/activity.ts'

const MARK = markerOf('dlv_1')

const story = (id: string, texts: readonly string[], more: Partial<StoryChange> = {}): StoryChange => ({
  ...{ id, change: 'update', name: 'More power', storyType: null, url: null, fields: {}, original: {} },
  comments: texts.map((text) => ({ id: null, change: 'create', text })),
  ...more,
})
const told = (...lists: readonly (readonly StoryChange[])[]): Taken => ({
  activities: lists.map((stories, index) => ({
    activity: {
      ...{ key: `beacon:${index}`, format: 'json', projectId: 'bridge', projectName: null, version: null },
      ...{ kind: 'story_update', highlight: null, occurredAt: '2026-11-24T12:00:00.000Z', author: 'Spock' },
      ...{ authorId: null, description: 'Spock said', stories: [...stories], others: [] },
    },
  })),
})

t.test('a comment that bears the mark is the relay’s, whatever hides it', async (t) => {
  for (const mark of [MARK, hiddenMarkerOf('dlv_1'), `${MARK}\n`, MARK.replace('[', '\\[').replace(']', '\\]')])
    t.equal(isMarked(`Spock said:\n\nFascinating\n\n${mark}`), true, mark)
})

t.test('a person who quotes it is not taken for the relay', async (t) => {
  for (const text of [
    `> Fascinating\n> ${MARK}\n\nIndeed`,
    `Indeed.\n\nOn Tuesday the relay wrote:\n> Fascinating\n>\n> ${hiddenMarkerOf('dlv_1')}`,
    `Indeed.\r\n>> Fascinating\r\n>> ${MARK}\r\n`,
    `I mean\nbq. Fascinating ${MARK}`,
    `${MARK} is at the end of it`,
  ])
    t.equal(isMarked(text), false, text)
})

t.test('of what a tool tells, the relay’s own comments are left out, and the rest is carried on', async (t) => {
  const own = `Fascinating\n\n${MARK}`
  t.match(withoutOwn(told([story('1', [own])])), { ignored: 'own', detail: /mark of a relay/ })
  t.match(withoutOwn(told([story('1', [own])], [story('2', [own, 'Indeed'])])), {
    activities: [{ activity: { key: 'beacon:1', stories: [{ id: '2', comments: [{ text: 'Indeed' }] }] } }],
  })
  const moved = story('3', [own], { fields: { currentState: 'started' } })
  t.match(withoutOwn(told([moved])), {
    activities: [{ activity: { stories: [{ fields: { currentState: 'started' }, comments: [] }] } }],
  })
  const others = told([story('4', ['Indeed'])])
  t.equal(withoutOwn(others), others)
})
