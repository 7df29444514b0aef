import t from 'tap'
import type { StoryRef } from '../../../src/connectors/contract/connector.ts'
import type { CommentEffect } from '../../../src/connectors/contract/effect.ts'
import { isMarked } from '../../../src/connectors/contract/mark.ts'
import { adfText } from '../../../src/connectors/jira/adf.ts'
import { adfComment, wikiComment } from '../../../src/connectors/jira/message.ts'
import { escapeWiki, safeUrl } from '../../../src/connectors/jira/wiki.ts'
import { markerOf } from '../../../src/connectors/kit/marker.ts'
import { documentProblem, type Read, readDocument, readWiki } from './judges.ts'

const story: StoryRef = {
  id: '109',
  projectId: '26',
  name: 'More power to shields',
  type: 'feature',
  url: 'https://tracker.example.com/story/show/109',
}

const MARKER = '[relay 0123456789ab]'
const END = '\n\n\\[relay 0123456789ab\\]'

function effect(text: string, parts: Partial<CommentEffect> = {}): CommentEffect {
  return { kind: 'comment', storyId: '109', author: 'Scotty', text, commentId: null, ...parts }
}

const wikiOf = (said: CommentEffect, limit = 32767, at = story): string =>
  wikiComment({ effect: said, story: at, limit, marker: MARKER })
const documentOf = (said: CommentEffect, limit = 32767, at = story) =>
  adfComment({ effect: said, story: at, limit, marker: MARKER })

t.test('wiki text has no other escapes than those JIRA knows', async (t) => {
  const cases: [string, string][] = [
    ['plain words, a well-known one.', 'plain words, a well-known one.'],
    ['snake_case and 2*3 and a-b', 'snake_case and 2*3 and a-b'],
    ['[~admin] and [~accountid:5b10]', '\\[\\~admin\\] and \\[\\~accountid:5b10\\]'],
    ['{code}x{code} {color:red}', '\\{code\\}x\\{code\\} \\{color:red\\}'],
    ['*bold* _it_ ??cite??', '\\*bold* \\_it_ \\??cite\\??'],
    ['!http://evil.example/x.png!', '\\!http://evil.example/x.png\u200b\\!'],
    ['||a||b||', '\\|\\|a\\|\\|b\\|\\|'],
    ['h1. big\nbq. said\nh7. not', 'h1\u200b. big\nbq\u200b. said\nh7. not'],
    ['# one\n## two\n- three', '\\# one\n\\## two\n\\- three'],
    ['C:\\Users\\me and \\\\server', 'C:\\Users\\me and \\\u200b\\server'],
    ['&lt;b&gt; & co', '&\u200blt;b&\u200bgt; & co'],
    ['Done :) (y) (really) ;) :P', 'Done :\\) \\(y) (really) ;\\) :\u200bP'],
    ['a\u0000b\u001b[31mc\r\nd\rf', 'ab\\[31mc\nd\nf'],
    ['half \ud83d of one', 'half  of one'],
    ['\u{1f600} stays', '\u{1f600} stays'],
  ]
  for (const [text, escaped] of cases) {
    t.equal(escapeWiki(text), escaped, JSON.stringify(text))
    for (const [, sign = ''] of escapeWiki(text).matchAll(/\\(.)/gu))
      t.match(sign, /[-#*_+?^~|%{}[\]()!@\p{L}\u200b]/u, `\\${sign}`)
  }
})

/** The words of two texts, without what nobody sees and without what no markup keeps: how much space is between them. */
const seen = (text: string): string =>
  text
    .replaceAll('\u200b', '')
    .replace(/[\s\u00a0]+/g, ' ')
    .trim()

const LINES = ['doc', 'paragraph', 'link']

function showsOnly(t: Tap, { words, kinds, links }: Read, text: string, shape: readonly string[] = LINES): void {
  const shown = seen(words)
  const expected = `Scotty commented: ${seen(text)} ${story.url} ${MARKER}`.replace(/ {2,}/g, ' ')
  if (shown !== expected) t.equal(shown, expected, JSON.stringify(text))
  const strange = [...kinds].filter((kind) => !shape.includes(kind))
  if (strange.length > 0) t.strictSame(strange, [], JSON.stringify(text))
  const elsewhere = links.filter(
    ({ words: named, href }) => !URL.canParse(named) || new URL(named).href !== new URL(href).href,
  )
  if (elsewhere.length > 0) t.strictSame(elsewhere, [], JSON.stringify(text))
}
type Tap = Pick<typeof t, 'equal' | 'strictSame'>

/** A person's words with everything that a parser could take for markup. */
const HOSTILE = `
  - | -- | --- | ---- | # | * | ** | *bold* | _ | _it_ | + | ?? | ??cite?? | ^ | ~ | || | %7C | { | } | {{ | }} | {{x}} | [ | ] | ( | ) | ! | @
  \\ | \\\\ | : | ; | :) | :-) | ;) | ;-) | :( | :-( | :P | :-P | :D | :p | (y) | (n) | (x) | (*r) | (flagoff) | (on) | (!) | (-) | (?)
  h1. | h1. big | bq. | bq. said | {code} | {code:java} | {noformat} | {quote} | {color:red} | {adf} | {panel} | {anchor:x} | {loremipsum}
  [~kirk] | [~accountid:5b10] | [x|http://e.vil/] | [http://e.vil] | [#a] | [^f.png] | !p.png! | !http://e.vil/p.png|thumbnail!
  https://x.io/page | https://x.io/page! | **https://x.io/page** | http://a.b/c_d-e~f?x=1&y=2#z | https://x.io | ftp://a.b/c
  mailto:a@b.c | irc://a/b | https://x.io/a_(b) | HTTP://A.B/c | jamfselfservice:x | &lt; | &#40; | &amp; | & | TEST-1 | C:\\dir\\x
  a | b | word | é | 漢 | 😀 | 1 | . | , | " | ' | <b> | / | = | $ | # one | * two | - three | ## four
`
  .trim()
  .split(/\n| \| /)
  .map((piece) => piece.trim())
  .concat(' ', ' ', ' ', '\n', '\n', '\n\n', '\t', '  ', '|', '| a |', '|| b ||', '\u200b')

/** The same texts in each run. */
function* hostileTexts(count: number, pieces: readonly string[]): Generator<string> {
  let seed = 1
  const next = (below: number): number => {
    seed ^= seed << 13
    seed ^= seed >>> 17
    seed ^= seed << 5
    return (seed >>> 0) % below
  }
  for (let made = 0; made < count; made += 1)
    yield Array.from({ length: 1 + next(9) }, () => pieces[next(pieces.length)]).join('')
}

t.test("by Atlassian's own parser, a comment in wiki markup shows exactly its words", async (t) => {
  for (const text of [
    'Done :)',
    'https://x.io/page!',
    '**https://x.io/page**',
    'https://x.io/page|',
    '  indented\n\ttab',
  ])
    showsOnly(t, readWiki(wikiOf(effect(text))), text)
  for (const text of hostileTexts(800, HOSTILE)) showsOnly(t, readWiki(wikiOf(effect(text))), text)
  const { words } = readWiki(wikiOf(effect('one\n  two\n\n\nthree')))
  t.equal(words.replaceAll('\u00a0', ' '), `Scotty commented:\n\none\n  two\n\nthree\n\n${story.url}\n\n${MARKER}`)
  t.pass('no text showed anything else')
})

t.test("by Atlassian's own schema, a comment on Cloud is a document that shows exactly its words", async (t) => {
  for (const text of hostileTexts(500, HOSTILE)) {
    const document = documentOf(effect(text))
    const problem = documentProblem(document)
    if (problem !== null) t.equal(problem, null, JSON.stringify(text))
    showsOnly(t, readDocument(document), text)
  }
  t.strictSame(documentOf(effect('I need *more* power\n:) https://x.io/a_(b).')).content, [
    { type: 'paragraph', content: [{ type: 'text', text: 'Scotty commented:' }] },
    {
      type: 'paragraph',
      content: [
        { type: 'text', text: 'I need *more* power' },
        { type: 'hardBreak' },
        { type: 'text', text: ':) ' },
        {
          type: 'text',
          text: 'https://x.io/a_(b)',
          marks: [{ type: 'link', attrs: { href: 'https://x.io/a_(b)' } }],
        },
        { type: 'text', text: '.' },
      ],
    },
    {
      type: 'paragraph',
      content: [{ type: 'text', text: story.url, marks: [{ type: 'link', attrs: { href: story.url } }] }],
    },
    { type: 'paragraph', content: [{ type: 'text', text: MARKER }] },
  ])
})

const MARKDOWN =
  `\`\`\`\n | \n\`\`\`\n | # | ## | - | * | 1. | 5. | > | [x](http://a.b/c) | [y z](<http://a.b/(c>) | ![i](http://a.b/i.png) | <http://a.b>
  **bold** | *em* | ~~gone~~ | \`code\` | __ | ~~ | \` | \`\` | --- | *** | [x | ](http://a.b/c)`
    .split(/ \| |\n {2}/)
    .concat(' ', ' ', '\n', '\n\n', '- ', '* ', '1. ', '> ', '    ')
const SHAPES = [...LINES, 'strong', 'em', 'strike', 'code', 'bulletList', 'orderedList', 'listItem', 'blockquote']
SHAPES.push('codeBlock', 'rule')

t.test('whatever is written in Markdown, JIRA shows the same words of it in both of its forms', async (t) => {
  const bare = (read: Read): string =>
    // Lists that do not begin with 1, rulers, and links and strikes that JIRA has no form for are words in wiki markup.
    seen(read.words)
      .replace(/\d+\.(?=\s)|---|~/g, '')
      .replace(/ ?\(https?:\/\/a\.b\/\S*?\)/g, '')
      .replace(/\s/g, '')
  for (const text of hostileTexts(300, [...HOSTILE, ...MARKDOWN, ...MARKDOWN])) {
    const said = effect(text, { markup: 'markdown' })
    const document = documentOf(said)
    const problem = documentProblem(document)
    if (problem !== null) t.equal(problem, null, JSON.stringify(text))
    const [wiki, adf] = [readWiki(wikiOf(said)), readDocument(document)]
    if (bare(wiki) !== bare(adf)) t.equal(bare(wiki), bare(adf), JSON.stringify(text))
    for (const { kinds } of [wiki, adf]) {
      const strange = [...kinds].filter((kind) => !SHAPES.includes(kind))
      if (strange.length > 0) t.strictSame(strange, [], JSON.stringify(text))
    }
  }
  t.pass('no text differed')
})

t.test('what is struck is seen to be so where JIRA has no form for it', async (t) => {
  const { words } = readWiki(wikiOf(effect('do ~~[not]~~ shoot', { markup: 'markdown' })))
  t.match(seen(words).replaceAll('\u200b', ''), 'do ~~[not]~~ shoot')
})

t.test('Markdown becomes the markup of each form', async (t) => {
  const typed =
    '**Shields** at *5 %*, ~~not~~ `--full`:\n\n1. see [the log](https://x.io/log)\n   - a**b**c\n2. two\n\n> quoted\n\n' +
    '```ruby\nputs "{code}"\n```\n\n---\n\n5. five'
  const said = effect(typed, { markup: 'markdown' })
  const wiki = wikiComment({ effect: said, story, limit: 32767, marker: null })
  t.equal(
    wiki,
    'Scotty commented:\n\n*Shields* at _5 %_, -not- {{\\-\\-full}}:\n\n# see [the log|https://x.io/log]\n#* a{*}b{*}c\n# two\n\n' +
      '{quote}\nquoted\n{quote}\n\n{code:ruby}\nputs "{\u200bcode}"\n{code}\n\n----\n\n5. five\n\n' +
      story.url,
  )
  const { content } = adfComment({ effect: said, story, limit: 32767, marker: null })
  const text = (words: string, ...marks: object[]) => ({
    type: 'text',
    text: words,
    ...(marks.length === 0 ? {} : { marks }),
  })
  const paragraph = (...content: object[]) => ({ type: 'paragraph', content })
  t.strictSame(content.slice(1, -1), [
    paragraph(
      text('Shields', { type: 'strong' }),
      text(' at '),
      text('5 %', { type: 'em' }),
      text(', '),
      text('not', { type: 'strike' }),
      text(' '),
      text('--full', { type: 'code' }),
      text(':'),
    ),
    {
      type: 'orderedList',
      attrs: { order: 1 },
      content: [
        {
          type: 'listItem',
          content: [
            paragraph(text('see '), text('the log', { type: 'link', attrs: { href: 'https://x.io/log' } })),
            {
              type: 'bulletList',
              content: [
                { type: 'listItem', content: [paragraph(text('a'), text('b', { type: 'strong' }), text('c'))] },
              ],
            },
          ],
        },
        { type: 'listItem', content: [paragraph(text('two'))] },
      ],
    },
    { type: 'blockquote', content: [paragraph(text('quoted'))] },
    { type: 'codeBlock', attrs: { language: 'ruby' }, content: [text('puts "{code}"')] },
    { type: 'rule' },
    {
      type: 'orderedList',
      attrs: { order: 5 },
      content: [{ type: 'listItem', content: [paragraph(text('five'))] }],
    },
  ])
})

t.test('nothing in a comment that a person typed calls anybody or shows a picture', async (t) => {
  const typed =
    '[~kirk] @kirk **[~kirk]** `[~kirk]` ![x](http://e.vil/x.png) !http://e.vil/x.png! {adf}{"type":"rule"}{adf}'
  for (const parts of [{}, { markup: 'markdown' }] as const)
    for (const read of [readWiki(wikiOf(effect(typed, parts))), readDocument(documentOf(effect(typed, parts)))])
      t.notOk(['mention', 'mediaSingle', 'media', 'emoji', 'codeBlock'].some((kind) => read.kinds.has(kind)))
})

t.test('an address in the text cannot carry markup out', async (t) => {
  t.equal(escapeWiki('http://x.example/{code}[~admin]'), 'http://x.example/\u200b\\{code\\}\\[\\~admin\\]')
  t.equal(safeUrl('https://x.example/a|b]{c}!d (e) \u00e9'), 'https://x.example/a%7Cb%5D%7Bc%7D%21d%20%28e%29%20%C3%A9')
})

t.test('a comment says who, what and where', async (t) => {
  t.equal(
    wikiOf(effect('I need *more* power')),
    `Scotty commented:\n\nI need \\*more* power\n\nhttps://tracker.example.com/story/show/109${END}`,
  )
  t.equal(wikiOf(effect('hm', { author: ' ' })), `Someone commented:\n\nhm\n\n${story.url}${END}`)
  t.equal(
    wikiOf(effect('hm', { author: 'Evil\n\nh1. [~admin]' })),
    `Evil h1\u200b. \\[\\~admin\\] commented:\n\nhm\n\n${story.url}${END}`,
  )
  t.equal(wikiOf(effect('', { change: 'delete' })), `Scotty deleted a comment\n\n${story.url}${END}`)
  t.equal(
    adfText(documentOf(effect('', { change: 'delete' }))),
    `Scotty deleted a comment\n\n${story.url}\n\n${MARKER}`,
  )
  t.equal(wikiOf(effect('hm', { change: 'update' })), `Scotty edited a comment:\n\nhm\n\n${story.url}${END}`)
})

t.test('files are named, and linked where their address is known', async (t) => {
  const attachments = [
    { name: 'warp [1].png', url: 'https://x.io/1' },
    { name: 'log.txt', url: 'https://x.io/2' },
    { name: null, url: null },
  ]
  const said = effect('', { attachments })
  t.equal(
    wikiComment({ effect: said, story, limit: 32767, marker: null }),
    'Scotty commented:\n\nAttached: \u200bwarp \\[1\\].png\u200b (https://x.io/2)'.replace('/2', '/1\u200b') +
      `\nAttached: [log.txt|https://x.io/2]\nAttached: \u200ba file\n\n${story.url}`,
  )
  t.equal(
    adfText(adfComment({ effect: said, story, limit: 32767, marker: null })),
    'Scotty commented:\n\nAttached: warp [1].png (https://x.io/1)\nAttached: log.txt (https://x.io/2)\nAttached: a file' +
      `\n\n${story.url}`,
  )
})

const LONG = [
  ['x'.repeat(40000), 32767],
  ['*'.repeat(40000), 32767],
  ['a\n'.repeat(40000), 32767],
  ['\u{1f600}'.repeat(20000), 32767],
  ['\\'.repeat(20000), 500],
  ['&amp;'.repeat(20000), 501],
] as const

t.test(
  'a comment that is too long is cut to the limit after escaping, and ends with the link and the mark',
  async (t) => {
    for (const [text, limit] of LONG) {
      const body = wikiOf(effect(text), limit)
      const measured = body.replaceAll('\n', '\r\n').length
      t.ok(measured <= limit, `${measured} <= ${limit}`)
      t.ok(measured > limit - 12, `${measured} uses the room there is`)
      t.ok(body.endsWith(`…\n\n${story.url}${END}`), 'ends with the ellipsis, the link and the mark')
      t.notMatch(body, /\p{Cs}|(?<!\\)\\…/u, 'no half character, no half escape')
    }
  },
)

t.test('a document that is too long is cut as well', async (t) => {
  for (const [text, limit] of LONG.map(([text, limit]) => [text, limit + 500] as const)) {
    const document = documentOf(effect(text), limit)
    const measured = JSON.stringify(document).length
    t.ok(measured <= limit, `${measured} <= ${limit}`)
    t.ok(measured > limit - 60, `${measured} uses the room there is`)
    t.equal(documentProblem(document), null)
    t.ok(adfText(document).endsWith(`…\n\n${story.url}\n\n${MARKER}`), 'ends with the ellipsis, the link and the mark')
    t.notMatch(JSON.stringify(document), /\p{Cs}/u, 'no half character')
  }
})

t.test('a comment that just fits is not cut', async (t) => {
  const room = 600 - wikiOf(effect('x'), 600).replaceAll('\n', '\r\n').length
  t.notMatch(wikiOf(effect('x'.repeat(room + 1)), 600), /…/)
  t.match(wikiOf(effect('x'.repeat(room + 2)), 600), /…/)
})

t.test('a name or an address of absurd length leaves room for the text', async (t) => {
  const far = { ...story, url: `https://x.example/${'y'.repeat(600)}` }
  const body = wikiOf(effect('the text', { author: '*'.repeat(10000) }), 500, far)
  t.ok(body.length <= 500)
  t.ok(body.endsWith(`the text${END}`))
  const document = documentOf(effect('the text', { author: '*'.repeat(10000) }), 700, far)
  t.ok(JSON.stringify(document).length <= 700)
  t.ok(adfText(document).endsWith(`the text\n\n${MARKER}`))
})

t.test('a comment that comes back from JIRA is known by its mark, in markup and as it is shown', async (t) => {
  const body = wikiComment({ effect: effect('hm'), story, limit: 32767, marker: markerOf('dlv_1') })
  t.ok(isMarked(body))
  t.ok(isMarked(body.replaceAll('\\', '')))
  t.notOk(isMarked(`${body} but I have more to say`))
})
