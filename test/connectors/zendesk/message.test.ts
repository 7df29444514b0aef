import t from 'tap'
import type { CommentEffect, StateEffect } from '../../../src/connectors/contract/effect.ts'
import { commentHtml, MOST_BYTES } from '../../../src/connectors/zendesk/message.ts'

const story = {
  id: '1',
  projectId: '26',
  name: 'Shields',
  type: 'feature',
  url: 'https://tracker.example/story/show/1',
}
const END = '<p><a href="https://tracker.example/story/show/1">https://tracker.example/story/show/1</a></p><p>[m]</p>'
const comment = (text: string, author = 'Kirk'): CommentEffect => ({
  kind: 'comment',
  storyId: '1',
  author,
  text,
  commentId: null,
})
const state: StateEffect = { kind: 'state', storyId: '1', author: 'Kirk', state: 'accepted', from: null }

const cases: [string, string, string][] = [
  ['lines', 'one\r\ntwo\rthree\n\nfour', 'one<br>two<br>three<br><br>four'],
  ['white space around', '\n  text \n', 'text'],
  [
    'an address of mail or the web',
    'mail kirk@acme.example or https://x.example/@kirk',
    'mail kirk@acme.example or https://x.example/@kirk',
  ],
  ['people', '@Jean, (@uhura) a@b @', '@\u200bJean, (@\u200buhura) a@b @'],
  ['placeholders', '{{{a}}} {%b%} {c}', '{\u200b{\u200b{a}}} {\u200b%b%} {c}'],
  ['placeholders that a control character hides', '{\u0007{a}}', '{\u200b{a}}'],
  ['half a character', 'a\ud83db', 'a\ufffdb'],
  ['writing in other scripts', '日本語 \u{1f596} العربية', '日本語 \u{1f596} العربية'],
  ['quotes', `"it's" <&>`, '&quot;it&#39;s&quot; &lt;&amp;&gt;'],
]
for (const [name, text, html] of cases)
  t.test(`${name} in a comment`, async (t) => {
    t.equal(commentHtml(comment(text), story, '[m]'), `<p>Kirk commented: ${html}</p>${END}`)
  })

t.test('what is not known is written around', async (t) => {
  t.equal(
    commentHtml({ ...state, author: '' }, { ...story, name: null }, '[m]'),
    `<p>Someone accepted the story</p>${END}`,
  )
  t.equal(
    commentHtml({ ...state, state: 'planned' }, { ...story, name: ' ' }, '[m]'),
    `<p>Kirk changed the state to planned</p>${END}`,
  )
  t.equal(
    commentHtml(state, { ...story, url: 'javascript:alert(1)' }, '[m]'),
    '<p>Kirk accepted &quot;Shields&quot;</p><p>javascript:alert(1)</p><p>[m]</p>',
  )
})

t.test('long names are cut', async (t) => {
  t.equal(
    commentHtml(state, { ...story, name: '\u{1f596}'.repeat(301) }, '[m]'),
    `<p>Kirk accepted &quot;${'\u{1f596}'.repeat(299)}…&quot;</p>${END}`,
  )
})

t.test('a text of any length and kind fits, and loses no more than it must', async (t) => {
  const room = MOST_BYTES - Buffer.byteLength(`<p>Kirk commented: </p>${END}`)
  t.equal(Buffer.byteLength(commentHtml(comment('x'.repeat(room)), story, '[m]')), MOST_BYTES)
  t.notOk(commentHtml(comment('x'.repeat(room)), story, '[m]').includes('…'))
  t.equal(
    commentHtml(comment('x'.repeat(room + 1)), story, '[m]'),
    `<p>Kirk commented: ${'x'.repeat(room - 3)}…</p>${END}`,
  )
  for (const text of ['"', '\n', '\u{1f596}', 'é', '&x']) {
    const html = commentHtml(comment(`a${text.repeat(70_000)}b`), story, '[m]')
    const bytes = Buffer.byteLength(html)
    t.ok(bytes <= MOST_BYTES && bytes > MOST_BYTES - 12, `${JSON.stringify(text)}: ${bytes}`)
    t.ok(html.endsWith(`…</p>${END}`))
  }
})
