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

const formatted: [string, string, string][] = [
  [
    'one line',
    'a **b** *c* ~~d~~ `e`',
    '<p>Kirk commented: a <strong>b</strong> <em>c</em> <del>d</del> <code>e</code></p>',
  ],
  ['a list first', '- a\n- b\n  1. c', '<p>Kirk commented: </p><ul><li>a</li><li>b<ol><li>c</li></ol></li></ul>'],
  [
    'blocks',
    'a\nb\n\n> c\n\n---\n\n```js\n<d>\n```\n3. e',
    '<p>Kirk commented: a<br>b</p><blockquote><p>c</p></blockquote><hr><pre><code>&lt;d&gt;</code></pre><ol start="3"><li>e</li></ol>',
  ],
  [
    'links, of which only those to the web can be followed',
    '[a](https://x.example/?b={{c}}&d) https://y.example [e](javascript:f) ![g](https://z.example/h.png)',
    '<p>Kirk commented: <a href="https://x.example/?b=%7B%7Bc%7D%7D&amp;d">a</a> <a href="https://y.example">https://y.example</a> e (javascript:f) <a href="https://z.example/h.png">g</a></p>',
  ],
  [
    'placeholders, people and tags, everywhere',
    '{{a}} `{{b}} @c` [{{d}}](https://x.example/{{e}}) **@f** <script>',
    '<p>Kirk commented: {\u200b{a}} <code>{\u200b{b}} @\u200bc</code> <a href="https://x.example/%7B%7Be%7D%7D">{\u200b{d}}</a> <strong>@\u200bf</strong> &lt;script&gt;</p>',
  ],
]
for (const [name, text, html] of formatted)
  t.test(`${name} in a comment in Markdown`, async (t) => {
    t.equal(commentHtml({ ...comment(text), markup: 'markdown' }, story, '[m]'), `${html}${END}`)
  })

t.test('a comment in Markdown that is too long is cut, with all tags closed', async (t) => {
  const html = commentHtml({ ...comment(`- **${'ü'.repeat(19_000)}**\n\n> x`), markup: 'markdown' }, story, '[m]')
  t.ok(Buffer.byteLength(html) <= MOST_BYTES)
  const long = Array.from({ length: 450 }, () => `**${'<'.repeat(32)}**`).join(' ')
  const cut = commentHtml({ ...comment(long), markup: 'markdown' }, story, '[m]')
  t.ok(Buffer.byteLength(cut) <= MOST_BYTES)
  t.ok(Buffer.byteLength(cut) > MOST_BYTES - 100)
  t.ok(cut.endsWith(`…</strong></p>${END}`) || cut.endsWith(`…</p>${END}`))
})

t.test('files, edits and deletions are said', async (t) => {
  const attachments = [
    { name: 'screen.png', url: null },
    { name: 'Spec', url: 'https://docs.example/d/abc' },
  ]
  t.equal(
    commentHtml({ ...comment(''), attachments }, story, '[m]'),
    `<p>Kirk commented: Attached: screen.png<br>Attached: <a href="https://docs.example/d/abc">Spec</a></p>${END}`,
  )
  t.equal(commentHtml({ ...comment('New'), change: 'update' }, story, '[m]'), `<p>Kirk edited a comment: New</p>${END}`)
  t.equal(commentHtml({ ...comment(''), change: 'delete' }, story, '[m]'), `<p>Kirk deleted a comment</p>${END}`)
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
