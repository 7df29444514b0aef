import t from 'tap'
import type { StoryRef } from '../../../src/connectors/contract/connector.ts'
import type { CommentEffect } from '../../../src/connectors/contract/effect.ts'
import { commentBody } from '../../../src/connectors/jira/message.ts'
import { escapeWiki, safeUrl } from '../../../src/connectors/jira/wiki.ts'
import { isMarked, markerOf } from '../../../src/connectors/kit/marker.ts'

const story: StoryRef = {
  id: '109',
  projectId: '26',
  name: 'More power to shields',
  type: 'feature',
  url: 'https://tracker.example.com/story/show/109',
}

const MARKER = '[relay 0123456789ab]'
const END = '\n\n\\[relay 0123456789ab\\]'

function effect(text: string, author = 'Scotty'): CommentEffect {
  return { kind: 'comment', storyId: '109', author, text, commentId: null }
}

t.test('text is shown by JIRA as it was written', async (t) => {
  const cases: [string, string][] = [
    ['plain words, a well-known one.', 'plain words, a well-known one.'],
    ['[~admin] and [~accountid:5b10]', '\\[\\~admin\\] and \\[\\~accountid:5b10\\]'],
    ['{code}x{code} {color:red}', '\\{code\\}x\\{code\\} \\{color:red\\}'],
    [
      '*bold* _it_ -gone- +new+ ^up^ ~down~ ??cite??',
      '\\*bold\\* \\_it\\_ \\-gone- \\+new+ \\^up\\^ \\~down\\~ \\??cite\\??',
    ],
    ['!http://evil.example/x.png!', '\\!http://evil.example/x.png\\!'],
    ['[click|http://evil.example]', '\\[click\\|http://evil.example\\]'],
    ['||a||b||', '\\|\\|a\\|\\|b\\|\\|'],
    ['h1. big\nbq. said\nh7. not', 'h1\\. big\nbq\\. said\nh7. not'],
    ['# one\n## two\n- three\n  - four', '\\# one\n\\## two\n\\- three\n  \\- four'],
    ['C:\\Users\\me and \\\\server and \\[x', 'C:\\Users\\me and &#92;\\server and &#92;\\[x'],
    ['&lt;b&gt; & co', '&amp;lt;b&amp;gt; & co'],
    ['fine :) (y) (really) ;) :P', 'fine \\:) \\(y) (really) \\;) \\:P'],
    ['see https://example.com/a_b-c~d?x=1&y=*2*', 'see https://example.com/a_b-c~d?x=1&y=\\*2\\*'],
    ['a\u0000b\u001b[31mc\r\nd\rf', 'ab\\[31mc\nd\nf'],
    ['half \ud83d of one', 'half  of one'],
    ['\u{1f600} stays', '\u{1f600} stays'],
  ]
  for (const [text, escaped] of cases) t.equal(escapeWiki(text), escaped, JSON.stringify(text))
})

t.test('an address in the text cannot carry markup out', async (t) => {
  t.equal(escapeWiki('http://x.example/{code}[~admin]'), 'http://x.example/\\{code\\}\\[\\~admin\\]')
  t.equal(safeUrl('https://x.example/a|b]{c}!d (e) \u00e9'), 'https://x.example/a%7Cb%5D%7Bc%7D%21d%20%28e%29%20%C3%A9')
})

t.test('a comment says who, what and where', async (t) => {
  t.equal(
    commentBody(effect('I need *more* power'), story, 32767, MARKER),
    `Scotty commented:\n\nI need \\*more\\* power\n\nhttps://tracker.example.com/story/show/109${END}`,
  )
  t.equal(commentBody(effect('hm', ' '), story, 32767, MARKER), `Someone commented:\n\nhm\n\n${story.url}${END}`)
  t.equal(
    commentBody(effect('hm', 'Evil\n\nh1. [~admin]'), story, 32767, MARKER),
    `Evil h1. \\[\\~admin\\] commented:\n\nhm\n\n${story.url}${END}`,
  )
})

t.test(
  'a comment that is too long is cut to the limit after escaping, and ends with the link and the mark',
  async (t) => {
    for (const [text, limit] of [
      ['x'.repeat(40000), 32767],
      ['*'.repeat(40000), 32767],
      ['a\n'.repeat(40000), 32767],
      ['\u{1f600}'.repeat(20000), 32767],
      ['\\'.repeat(20000), 500],
      ['&amp;'.repeat(20000), 501],
    ] as const) {
      const body = commentBody(effect(text), story, limit, MARKER)
      const measured = body.replaceAll('\n', '\r\n').length
      t.ok(measured <= limit, `${measured} <= ${limit}`)
      t.ok(measured > limit - 12, `${measured} uses the room there is`)
      t.ok(body.endsWith(`…\n\n${story.url}${END}`), 'ends with the ellipsis, the link and the mark')
      t.notMatch(body, /\p{Cs}|(?<!\\)\\…/u, 'no half character, no half escape')
    }
  },
)

t.test('a comment that just fits is not cut', async (t) => {
  const room = 600 - commentBody(effect(''), story, 600, MARKER).replaceAll('\n', '\r\n').length
  t.notMatch(commentBody(effect('x'.repeat(room)), story, 600, MARKER), /…/)
  t.match(commentBody(effect('x'.repeat(room + 1)), story, 600, MARKER), /…/)
})

t.test('a name or an address of absurd length leaves room for the text', async (t) => {
  const far = { ...story, url: `https://x.example/${'y'.repeat(600)}` }
  const body = commentBody(effect('the text', '*'.repeat(10000)), far, 500, MARKER)
  t.ok(body.length <= 500)
  t.ok(body.endsWith(`the text${END}`))
})

t.test('a comment that comes back from JIRA is known by its mark, in markup and as it is shown', async (t) => {
  const body = commentBody(effect('hm'), story, 32767, markerOf('dlv_1'))
  t.ok(isMarked(body))
  t.ok(isMarked(body.replaceAll('\\', '')))
  t.notOk(isMarked(`${body} but I have more to say`))
})
