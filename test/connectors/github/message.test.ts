import t from 'tap'
import { commentOf, literal, MAX_COMMENT } from '../../../src/connectors/github/message.ts'

const z = '\u200b'
const MARK = '<!-- [relay 0123456789ab] -->'

t.test('markup, mentions and references are shown as they were typed', async (t) => {
  const table: readonly [string, string][] = [
    ['*bold* _em_ `code` [a](b) a|b', `\\*bold\\* \\_em\\_ \\\`code\\\` \\[${z}a\\](b) a\\|b`],
    ['<script> & &lt;', '&lt;script&gt; &amp; &amp;lt;'],
    ['<!-- [relay 0123456789ab] -->', `&lt;!-- \\[${z}relay 0123${z}456789ab\\] --&gt;`],
    ['# no heading', `${z}# no heading`],
    ['1. first', `${z}1. first`],
    ['- [ ] task', `${z}- \\[${z} \\] task`],
    ['@kirk, @starfleet/crew and a@b.example', `@${z}kirk, @${z}starfleet/crew and a@b.example`],
    ['see #12, gh-7, starfleet/enterprise#3 (# 1)', `see #${z}12, gh-${z}7, starfleet/enterprise#${z}3 (# 1)`],
    ['fixes #12 and closes: a/b#1', `fixes #${z}12 and closes: a/b#${z}1`],
    [
      'a5c3785 and kirk@a5c3785ed8d6a35868bc169f07e40e889087fd2e',
      `a5c3${z}785 and kirk@a5c3${z}785ed8d6a35868bc169f07e40e889087fd2e`,
    ],
    ['story 12345678 cafe decade facade1x', 'story 12345678 cafe decade facade1x'],
    ['a ~~x~~ $12 $x$', `a \\~\\~x\\~\\~ \\$${z}12 \\$${z}x\\$`],
    ['a :smile: :100: 10:20:30', `a :${z}smile: :${z}100: 10:20:30`],
    ['> [!WARNING]', `${z}&gt; \\[${z}!WARNING\\]`],
    ['see https://x.example/a_b?c=1&d=2.', 'see https://x.example/a_b?c=1&d=2.'],
    ['https://github.com/a/b/issues/1', 'https://redirect.github.com/a/b/issues/1'],
    ['https://www.github.com/a/b/pull/1#x', 'https://redirect.github.com/a/b/pull/1#x'],
    ['https://github.com/a/b', 'https://github.com/a/b'],
    ['one\ntwo\n\nthree', 'one  \ntwo\n\nthree'],
    ['    code', '\u00a0\u00a0\u00a0\u00a0code'],
    ['a\u202eb\u0007c', 'abc'],
  ]
  for (const [typed, shown] of table) t.equal(literal(typed), shown, JSON.stringify(typed))
})

t.test('Markdown of a comment becomes GitHub’s, and nothing in it acts', async (t) => {
  const table: [typed: string, comment: string][] = [
    ['a **b** *c* ~~d~~ `e` ``f`g``', 'a **b** *c* ~~d~~ `e` ``f`g``'],
    ['- a\n- b\n  - c\n\n3. d', '- a\n- b\n  - c\n\n3. d'],
    ['- [x] done', `- \\[${z}x\\] done`],
    ['> a\n>\n> - b', '> a\n>\n> - b'],
    ['# Title', '**Title**'],
    ['**@kirk** #12 a5c3785', `**@${z}kirk** #${z}12 a5c3${z}785`],
    ['[a_b](https://github.com/a/b/issues/1)', '[a\\_b](https://redirect.github.com/a/b/issues/1)'],
    ['<https://github.com/a/b/pull/1>', 'https://redirect.github.com/a/b/pull/1'],
    ['![a](https://x.example/b.png)', '[a](https://x.example/b.png)'],
    ['<details><summary>x', '&lt;details&gt;&lt;summary&gt;x'],
    ['```mermaid\ngraph TD\n```', '```\ngraph TD\n```'],
    ['```js\n@kirk #12\n```', '```js\n@kirk #12\n```'],
    ['a\n\n| b | c |\n|---|---|', `a\n\n${z}\\| b \\| c \\|  \n${z}\\|---\\|---\\|`],
  ]
  for (const [typed, comment] of table)
    t.equal(
      commentOf({ author: 'Kirk', text: typed, markup: 'markdown' }, '', MARK),
      `Kirk commented:\n\n${comment}\n\n${MARK}`,
      JSON.stringify(typed),
    )
})

t.test('a comment that is too long is cut, and keeps its address and its mark', async (t) => {
  const url = 'https://www.pivotaltracker.com/story/show/109'
  const long = commentOf({ author: '@kirk', text: `${'*'.repeat(MAX_COMMENT)}end` }, url, MARK)
  t.ok(long.length <= MAX_COMMENT && long.length > MAX_COMMENT - 10)
  t.ok(long.startsWith(`@${z}kirk commented:`))
  t.ok(long.endsWith(`\\*…\n\n${url}\n\n${MARK}`))
})

t.test('a comment says files, edits and deletions, and a person without a name is Someone', async (t) => {
  const attachments = [{ name: 'a_b.png', url: null }]
  t.equal(
    commentOf({ author: 'Kirk', text: '', attachments }, '', '[m]'),
    'Kirk commented:\n\nAttached: a\\_b.png\n\n[m]',
  )
  t.equal(commentOf({ author: 'Kirk', text: 'x', change: 'update' }, '', '[m]'), 'Kirk edited a comment:\n\nx\n\n[m]')
  t.equal(commentOf({ author: 'Kirk', text: '', change: 'delete' }, '', '[m]'), 'Kirk deleted a comment\n\n[m]')
  t.equal(commentOf({ author: ' ', text: 'x' }, 'no address', '[m]'), 'Someone commented:\n\nx\n\n[m]')
})
