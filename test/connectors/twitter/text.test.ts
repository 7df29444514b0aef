import t from 'tap'
import twitterText from 'twitter-text'
import type { StoryRef } from '../../../src/connectors/contract/connector.ts'
import type { Announcement } from '../../../src/connectors/contract/effect.ts'
import { postFor } from '../../../src/connectors/kit/post-text.ts'
import { LONGEST_POST, weightedLength } from '../../../src/connectors/twitter/weighted-length.ts'
import { announcing } from '../../harness.ts'

const link = 'https://www.pivotaltracker.com/story/show/109'

function post(
  of: Partial<Announcement>,
  story: Partial<StoryRef> = {},
  rules: { includeLink?: boolean; templates?: object } = {},
): string {
  return postFor('Twitter', announcing(of, { story }), {
    measure: weightedLength,
    longest: LONGEST_POST,
    includeLink: false,
    templates: {},
    ...rules,
  })
}

const weight = (text: string): number => twitterText.parseTweet(text).weightedLength

t.test('a post says who did what to which story', async (t) => {
  const cases: [Partial<Announcement>, Partial<StoryRef>, string][] = [
    [{}, {}, 'James Kirk accepted "More power to shields"'],
    [{ what: 'created' }, {}, 'James Kirk added feature "More power to shields"'],
    [{ what: 'created' }, { type: null }, 'James Kirk added story "More power to shields"'],
    [{ what: 'created' }, { name: null, type: 'bug' }, 'James Kirk added bug #109'],
    [{}, { name: null, type: null }, 'James Kirk accepted story #109'],
    [{}, { name: ' \n ' }, 'James Kirk accepted feature #109'],
    [{ author: '' }, {}, 'Someone accepted "More power to shields"'],
    [
      { what: 'rejected', text: ' Not\ngood \t enough ' },
      {},
      'James Kirk rejected "More power to shields": "Not good enough"',
    ],
    [{ what: 'rejected', text: '  ' }, {}, 'James Kirk rejected "More power to shields"'],
    [
      { what: 'commented', text: 'Fascinating.' },
      {},
      'James Kirk commented on "More power to shields": "Fascinating."',
    ],
  ]
  for (const [of, story, expected] of cases) t.equal(post(of, story), expected)
})

t.test('the link comes last, and only if it is asked for', async (t) => {
  t.equal(post({}, {}, { includeLink: true }), `James Kirk accepted "More power to shields" ${link}`)
  t.equal(
    post({ what: 'commented', text: 'x'.repeat(300) }, {}, { includeLink: true }),
    `James Kirk commented on "More power to shields": "${'x'.repeat(203)}…" ${link}`,
  )
  const far = `http://tracker/${'x'.repeat(300)}`
  t.equal(
    post({}, { url: far }, { includeLink: true }),
    'James Kirk accepted "More power to shields"',
    'X would not shorten it',
  )
})

t.test('a long comment fills the post and is cut between visible characters', async (t) => {
  const head = 'James Kirk commented on "More power to shields": "'
  const comment = (text: string): string => post({ what: 'commented', text })
  t.equal(comment('a'.repeat(300)), `${head}${'a'.repeat(227)}…"`)
  t.equal(weight(comment('a'.repeat(300))), 280)
  t.equal(comment('漢字'.repeat(100)), `${head}${'漢字'.repeat(56)}漢…"`)
  t.equal(comment('👩‍👩‍👧‍👦'.repeat(150)), `${head}${'👩‍👩‍👧‍👦'.repeat(113)}…"`, 'a family is never parted')
  t.equal(comment(`${'q\u0323'.repeat(200)}`), `${head}${'q\u0323'.repeat(113)}…"`, 'nor is a letter from its mark')
  t.equal(comment(`${'a'.repeat(226)} bcd ef`), `${head}${'a'.repeat(226)}…"`, 'no blank before the ellipsis')
})

t.test('a long name and a long comment share the room, and the verb is whole', async (t) => {
  const text = post({ what: 'rejected', text: 'c'.repeat(400) }, { name: 'n'.repeat(400) })
  t.match(text, /^James Kirk rejected "n{120,126}…": "c{120,126}…"$/)
  t.ok(weight(text) >= 279 && weight(text) <= 280, String(weight(text)))
  const short = post({ what: 'rejected', text: 'too slow' }, { name: 'n'.repeat(400) })
  t.match(short, /^James Kirk rejected "n+…": "too slow"$/)
  t.equal(weight(short), 280)
  t.match(post({ author: 'k'.repeat(99) }), /^k{48}… accepted "More power to shields"$/)
})

t.test('with any names and comments, the post is valid, complete and not too long', async (t) => {
  const hostile = [
    'x'.repeat(10_000),
    '漢'.repeat(10_000),
    '👩‍👩‍👧‍👦'.repeat(2000),
    '🏴󠁧󠁢󠁳󠁣󠁴󠁿🧑🏽‍🚀❤️‍🔥🐦‍⬛'.repeat(500),
    `a${'\u0301'.repeat(10_000)}`,
    `${'\u0301'.repeat(40)}b`,
    'שלום '.repeat(2000),
    'مرحبا'.repeat(2000),
    '\u202Eevil\u2066 \u0000\u0007 \ud83d \uFFFE \uFEFF'.repeat(300),
    'https://example.com/a.b?c=d '.repeat(400),
    '@all #now $TSLA main.rs '.repeat(400),
    '\u200b'.repeat(5000),
    '.a'.repeat(3000),
    '\u1100\u1161\u11a8'.repeat(500),
  ]
  const seen = (of: Partial<Announcement>, name: string): void => {
    const written = post({ what: 'rejected', ...of }, { name })
    const { valid } = twitterText.parseTweet(written)
    if (!valid || !/ rejected /.test(written) || twitterText.extractUrls(written).length > 0)
      t.fail(JSON.stringify(written))
  }
  for (const [index, one] of hostile.entries()) {
    seen({ author: one, text: one }, one)
    seen({ text: null }, one)
    // Each meets another one, which is neither itself nor always the same.
    seen(
      {
        author: hostile[(index * 5 + 3) % hostile.length] ?? '',
        text: hostile[(index * 3 + 1) % hostile.length] ?? '',
      },
      one,
    )
  }
  t.pass('all of them')
})

t.test('a post makes no mention, hashtag, cashtag or link', async (t) => {
  const texts = [
    '@kirk and ＠spock',
    'rt @all: hi',
    'a@b',
    '.@kirk',
    '@kirk/crew',
    '#bridge ＃橋 x#y',
    '#1a',
    '#_x',
    '# x',
    '##a',
    '$TSLA $a.b $',
    'main.rs',
    'README.md',
    'asp.net',
    'foo.py,bar.sh',
    'https://example.com/@kirk#top',
    'http://例え.jp',
    'EXAMPLE.COM',
    'x.co.uk',
    'ftp://a.de',
    'пример.рф',
    'a_b.com',
    'mail me at k@example.com',
    'v1.2.rc',
    '...com',
    'e.g. this',
    'xn--p1ai.xn--p1ai',
  ]
  for (const text of texts) {
    const written = post({ author: text, what: 'commented', text }, { name: text })
    const found = twitterText.extractEntitiesWithIndices(written)
    t.strictSame(found, [], written)
    t.match(written.replaceAll('\u200b', ''), text, 'it reads as before')
  }
  t.equal(
    post({}, { name: 'v1.5 costs $5, see #109 (#️⃣)' }),
    'James Kirk accepted "v1.5 costs $5, see #109 (#️⃣)"',
    'what does nothing stays as it is',
  )
})

t.test('control characters, lone surrogates and direction marks are removed', async (t) => {
  t.equal(
    post(
      { author: 'James\u0000\u001b[31m Kirk', what: 'rejected', text: 'a\u0008b \ud83d c\u202Ed\u2066' },
      { name: 'one\r\ntwo\u0085three' },
    ),
    'James[31m Kirk rejected "one two three": "ab cd"',
  )
})

t.test('a template replaces the words, without the parts that would be empty', async (t) => {
  const templates = {
    accepted: '🎉 {story} is done[ {link}][ — "{text}"]',
    commented: '{author}: “{text}”',
  }
  t.equal(post({}, {}, { templates }), '🎉 "More power to shields" is done')
  t.equal(
    post({ text: 'Well done' }, {}, { templates, includeLink: true }),
    `🎉 "More power to shields" is done ${link} — "Well done"`,
  )
  t.match(post({ what: 'commented', text: 'x'.repeat(900) }, {}, { templates }), /^James Kirk: “x{263,266}…”$/)
  t.equal(post({ what: 'delivered' }, {}, { templates }), 'James Kirk delivered "More power to shields"')
})

t.test('a template that leaves no room fails the one post, and names the setting', async (t) => {
  t.throws(() => post({}, {}, { templates: { accepted: `${'x'.repeat(275)} {story}` } }), {
    verdict: 'dead',
    message: /templates\.accepted/,
  })
})
