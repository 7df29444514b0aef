import t from 'tap'
import { parseMarkdown } from '../../../src/connectors/kit/markdown.ts'
import {
  type Block,
  beginningOf,
  fittedBlocks,
  type Inline,
  plainBlocks,
} from '../../../src/connectors/kit/rich-text.ts'

/** The tree in one line: b strong, i emphasis, s strike, c code, a link. */
const shown = (blocks: readonly Block[]): string => blocks.map(shownBlock).join(' ')

function shownBlock(block: Block): string {
  if (block.type === 'paragraph') return `p(${shownInline(block.children)})`
  if (block.type === 'code block') return `pre:${block.language}(${block.text.replaceAll('\n', '¶')})`
  if (block.type === 'quote') return `q(${shown(block.children)})`
  if (block.type === 'rule') return 'hr'
  return `${block.first === null ? 'ul' : `ol${block.first}`}(${block.items.map(shown).join(' | ')})`
}

function shownInline(content: readonly Inline[]): string {
  const letters = { strong: 'b', emphasis: 'i', strike: 's' }
  return content
    .map((each) => {
      if (each.type === 'text') return each.text
      if (each.type === 'code') return `c(${each.text})`
      if (each.type === 'break') return '¶'
      if (each.type === 'link') return `a<${each.url}>(${shownInline(each.children)})`
      return `${letters[each.type]}(${shownInline(each.children)})`
    })
    .join('')
}

const cases: readonly [what: string, typed: string, tree: string][] = [
  ['marks', '**one** *two* _three_ ~~four~~ `five`', 'p(b(one) i(two) i(three) s(four) c(five))'],
  ['marks within marks', '***both*** **a **b****', 'p(i(b(both)) b(a b))'],
  ['each line end', 'one\ntwo  \nthree\r\nfour', 'p(one¶two¶three¶four)'],
  ['paragraphs', 'one\n\ntwo', 'p(one) p(two)'],
  ['names with underlines and stars that stand alone', 'a_b_c 2 * 3 * 4', 'p(a_b_c 2 * 3 * 4)'],
  ['escapes', '\\*plain\\* &amp; &lt;', 'p(*plain* & <)'],
  ['a fence with its language', '```js\nconst a = {b: [1]}\n```', 'pre:js(const a = {b: [1]})'],
  ['a fence without one, never closed', '```\n**a**\n\nb', 'pre:null(**a**¶¶b)'],
  ['a language that is no word', '``` {.js onclick="x"}\na\n```', 'pre:null(a)'],
  [
    'lists, also within each other',
    '- **one**\n- two\n  1. three\n\n3. four',
    'ul(p(b(one)) | p(two) ol1(p(three))) ol3(p(four))',
  ],
  ['a list right after a line', 'Steps:\n- one', 'p(Steps:) ul(p(one))'],
  ['a quote', '> a\n> > b\n\nc', 'q(p(a) q(p(b))) p(c)'],
  ['a heading', '# A **title**\ntext', 'p(b(A title)) p(text)'],
  ['a rule', 'a\n\n---\n\nb', 'p(a) hr p(b)'],
  ['a link under words', '[link](https://x.example.com/a_b)', 'p(a<https://x.example.com/a_b>(link))'],
  [
    'a bare link, with what follows it',
    'See https://x.io/a_b*c*d?e=1&f=(2)!',
    'p(See a<https://x.io/a_b*c*d?e=1&f=(2)>(https://x.io/a_b*c*d?e=1&f=(2))!)',
  ],
  ['a bare link in stars', '**https://x.io/page**', 'p(b(a<https://x.io/page>(https://x.io/page)))'],
  ['a link without a scheme', 'www.example.com/a', 'p(a<http://www.example.com/a>(www.example.com/a))'],
  ['a link in angle brackets', '<https://x.io>', 'p(a<https://x.io>(https://x.io))'],
  [
    'a mail address',
    'a@example.com <b@example.com> [me](mailto:c@example.com)',
    'p(a@example.com b@example.com me (c@example.com))',
  ],
  [
    'links to elsewhere',
    '[x](javascript:alert(1)) [y](/docs/1) [z](<https://a b>)',
    'p(x (javascript:alert(1)) y (/docs/1) z (https://a b))',
  ],
  [
    'an image',
    '![a picture](https://x.io/i.png) ![](https://x.io/j.png)',
    'p(a<https://x.io/i.png>(a picture) a<https://x.io/j.png>(https://x.io/j.png))',
  ],
  ['an image within a link', '[![alt](https://x.io/i.png)](https://x.io)', 'p(a<https://x.io>(alt))'],
  [
    'HTML',
    '<b onclick="x">a</b>\n\n<!-- c -->\n\n<script>\n\nd',
    'p(<b onclick="x">a</b>) p(<!-- c -->) p(<script>) p(d)',
  ],
  [
    'a definition, which Markdown would not show',
    '[1]: https://x.io\n\nsee [1]',
    'p([1]: a<https://x.io>(https://x.io)) p(see [1])',
  ],
  [
    'mentions, numbers, emoji names and rows of a table',
    '@spock #123 see TEST-9 :rocket:\n| a | b |',
    'p(@spock #123 see TEST-9 :rocket:¶| a | b |)',
  ],
  ['nothing', ' \n\n ', ''],
]

t.test('Markdown is read as a tree', async (t) => {
  for (const [what, typed, tree] of cases) t.equal(shown(parseMarkdown(typed)), tree, what)
})

t.test('what is nested too deep is shown as it was typed', async (t) => {
  const deep = Array.from({ length: 20 }, (_, level) => `${'  '.repeat(level)}- ${level}`).join('\n')
  const tree = shown(parseMarkdown(deep))
  t.match(tree, 'ul(p(11) p(- 12¶')
  t.equal(tree.split('ul(').length - 1, 12)
  t.equal(shown(parseMarkdown(`${'> '.repeat(13)}a`)), `p(${'> '.repeat(13)}a)`)
})

t.test('a text that would take a parser long is plain, and quickly so', async (t) => {
  const parts = [
    '>',
    '> ',
    '- ',
    '1. ',
    '- - - - - a\n',
    '> - > - > - > - a\n',
    '*a **b ',
    'a*',
    '[',
    '![',
    '[a](',
    '- a\n',
    '&',
    '<a ',
  ]
  parts.push('``a`', '\\', 'http://a.b/(((', '[a](<', '\n', '- - - a\n', `${'> '.repeat(12)}a\n`, '    - a\n')
  for (const part of parts) {
    const text = part.repeat(Math.ceil(20_000 / part.length)).slice(0, 20_000)
    const began = performance.now()
    parseMarkdown(text)
    t.ok(performance.now() - began < 3000, JSON.stringify(part))
  }
  t.same(parseMarkdown('**a** '.repeat(4000)), plainBlocks('**a** '.repeat(4000)))
})

t.test('content is cut between characters, with its marks closed', async (t) => {
  const blocks = parseMarkdown('**one 😀two**\n\n- three\n- four\n\n```\nfive\n```')
  t.equal(shown(beginningOf(blocks, 100)), 'p(b(one 😀two)) ul(p(three) | p(four)) pre:null(five)')
  t.equal(shown(beginningOf(blocks, 5)), 'p(b(one 😀…))')
  t.equal(shown(beginningOf(blocks, 10)), 'p(b(one 😀two)) ul(p(th…))')
  t.equal(
    fittedBlocks(blocks, 30, shown, (text) => text.length),
    'p(b(one 😀two)) ul(p(thre…))',
  )
  t.equal(
    fittedBlocks(blocks, 1000, shown, (text) => text.length),
    shown(blocks),
  )
})
