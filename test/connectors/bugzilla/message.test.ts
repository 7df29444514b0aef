import t from 'tap'
import {
  LONGEST_COMMENT,
  type MessageParts,
  messageFor as messageIn,
} from '../../../src/connectors/bugzilla/message.ts'
import { isMarked } from '../../../src/connectors/contract/mark.ts'
import { markerOf } from '../../../src/connectors/kit/marker.ts'

const marker = markerOf('dlv_1')
const storyUrl = 'https://www.pivotaltracker.com/story/show/1'
const end = `\n\n${storyUrl}\n${marker}`

const messageFor = (parts: MessageParts): string =>
  messageIn(parts, { most: LONGEST_COMMENT, measure: (text) => text.length })

const comment = (text: string, author = 'Ada Lovelace'): MessageParts => ({
  effect: { kind: 'comment', storyId: '1', author, text, commentId: '5' },
  storyName: 'More power',
  storyUrl,
  marker,
})
const state = (name: string, storyName: string | null = 'More "power"', author = 'Ada'): MessageParts => ({
  effect: { kind: 'state', storyId: '1', author, state: name, from: null },
  storyName,
  storyUrl,
  marker,
})

t.test('each state has its sentence', async (t) => {
  const said = (parts: MessageParts): string => messageFor(parts).slice(0, -end.length)
  t.equal(said(state('started')), 'Ada started "More "power""')
  t.equal(said(state('finished')), 'Ada finished "More "power""')
  t.equal(said(state('delivered')), 'Ada delivered "More "power""')
  t.equal(said(state('accepted')), 'Ada accepted "More "power""')
  t.equal(said(state('rejected')), 'Ada rejected "More "power""')
  t.equal(said(state('unstarted')), 'Ada changed the state of "More "power"" to unstarted')
  t.equal(said(state('unscheduled')), 'Ada changed the state of "More "power"" to unscheduled')
  t.equal(said(state('planned')), 'Ada changed the state of "More "power"" to planned')
  t.equal(said(state('accepted', null)), 'Ada accepted the story')
  t.equal(said(state('planned', ' ')), 'Ada changed the state of the story to planned')
  t.equal(said(state('accepted', 'one\ntwo', 'Ada\r\nBob')), 'Ada Bob accepted "one two"')
})

t.test('a comment is told with its author, its lines, the link and the mark', async (t) => {
  t.equal(messageFor(comment(' first\r\nsecond\rthird ')), `Ada Lovelace commented: first\nsecond\nthird${end}`)
  t.equal(messageFor(comment('x', '  ')), `Someone commented: x${end}`)
  t.equal(messageFor({ ...comment('x'), storyUrl: '' }), `Ada Lovelace commented: x\n\n${marker}`)
})

t.test('a comment in Markdown is readable text, without marks and escapes', async (t) => {
  const typed = [
    '\\- \\*\\*one\\*\\* and **two** _three_ ~~four~~ `five`',
    '',
    '# Six',
    '',
    '- seven [eight](https://example.com/8)',
    '  - nine',
    '1. ten',
    '',
    '> eleven',
    '> https://example.com/12',
    '',
    '```js',
    'if (x) {',
    '  y()',
    '}',
    '```',
  ].join('\n')
  const { effect } = comment(typed)
  const said = messageFor({ ...comment(typed), effect: { ...effect, markup: 'markdown' } as typeof effect })
  t.equal(
    said,
    `Ada Lovelace commented: - **one** and two three ~~four~~ \`five\`

Six

- seven eight (https://example.com/8)
  - nine

1. ten

> eleven
> https://example.com/12

    if (x) {
      y()
    }${end}`,
  )
  const list = { ...comment(''), effect: { ...effect, text: '- one\n- two', markup: 'markdown' } as typeof effect }
  t.equal(messageFor(list), `Ada Lovelace commented:\n\n- one\n- two${end}`)
  t.match(messageFor(comment(typed)), '**two** _three_', 'a text without markup is left as it was typed')
})

t.test('characters that no comment can carry are left out, all others stay', async (t) => {
  t.equal(
    messageFor(comment('a\u0000b\u001b[31mc\u0085d \ud83d 🎉 漢字\ttab')),
    `Ada Lovelace commented: ab[31mcd \ufffd 🎉 漢字\ttab${end}`,
  )
})

t.test('a text that is too long is cut, with an ellipsis, and keeps link and mark', async (t) => {
  const longest = LONGEST_COMMENT - end.length - 'Ada Lovelace commented: '.length
  t.equal(messageFor(comment('x'.repeat(longest))), `Ada Lovelace commented: ${'x'.repeat(longest)}${end}`)
  const cut = messageFor(comment('x'.repeat(longest + 1)))
  t.equal(cut, `Ada Lovelace commented: ${'x'.repeat(longest - 1)}…${end}`)
  t.equal(cut.length, LONGEST_COMMENT)
  const halved = messageFor(comment(`${'x'.repeat(longest - 2)}🎉🎉`))
  t.equal(halved, `Ada Lovelace commented: ${'x'.repeat(longest - 2)}…${end}`)
  t.equal(isMarked(cut), true)
})
