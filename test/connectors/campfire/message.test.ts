import t from 'tap'
import { messageFor, messageOf } from '../../../src/connectors/campfire/message.ts'
import type { StoryRef } from '../../../src/connectors/contract/connector.ts'
import type { Announcement, NoticeLine } from '../../../src/connectors/contract/effect.ts'
import { jobFor } from '../../harness.ts'

const link = 'https://www.pivotaltracker.com/story/show/109'
const shields: StoryRef = { id: '109', projectId: '26', name: 'More power to shields', type: 'feature', url: link }

function announcement(parts: Partial<Announcement> = {}): Announcement {
  return { kind: 'announce', what: 'accepted', storyId: '109', author: 'James Kirk', text: null, ...parts }
}

function textOf(parts: Partial<Announcement>, story: Partial<StoryRef> = {}): string {
  return messageOf(announcement(parts), { ...shields, ...story }).text
}

t.test('a message tells who did what with which story, and where it is', async (t) => {
  const cases: [Partial<Announcement>, Partial<StoryRef>, string][] = [
    [{}, {}, `James Kirk accepted "More power to shields" ${link}`],
    [{ what: 'delivered' }, {}, `James Kirk delivered "More power to shields" ${link}`],
    [{ what: 'created' }, {}, `James Kirk added feature "More power to shields" ${link}`],
    [{ what: 'created' }, { type: null }, `James Kirk added story "More power to shields" ${link}`],
    [{ what: 'created' }, { name: null, type: 'bug' }, `James Kirk added bug #109 ${link}`],
    [{}, { name: null, type: null }, `James Kirk accepted story #109 ${link}`],
    [{}, { name: ' \n ' }, `James Kirk accepted feature #109 ${link}`],
    [{ what: 'changed', deed: 'cancelled' }, {}, `James Kirk cancelled "More power to shields" ${link}`],
    [
      { what: 'changed', deed: 'set the state "@all\n stop" of' },
      { name: null },
      `James Kirk set the state "@\u200Ball stop" of feature #109 ${link}`,
    ],
    [{ what: 'changed' }, {}, `James Kirk changed "More power to shields" ${link}`],
    [{ author: '' }, {}, `Someone accepted "More power to shields" ${link}`],
    [{ author: '\u0007 ' }, {}, `Someone accepted "More power to shields" ${link}`],
    [
      { what: 'commented', author: 'Spock', text: 'Fascinating.' },
      {},
      `Spock commented on "More power to shields": "Fascinating." ${link}`,
    ],
    [
      { what: 'rejected', text: 'Not good enough' },
      {},
      `James Kirk rejected "More power to shields": "Not good enough" ${link}`,
    ],
    [{ what: 'rejected', text: '  ' }, {}, `James Kirk rejected "More power to shields" ${link}`],
    [{}, { name: 'test "one"' }, `James Kirk accepted "test "one"" ${link}`],
    [{}, { url: '' }, 'James Kirk accepted "More power to shields"'],
  ]
  for (const [parts, story, expected] of cases) t.equal(textOf(parts, story), expected)
})

t.test('a comment of several lines keeps them, below the line that tells whose it is', async (t) => {
  t.equal(
    textOf({ what: 'commented', author: 'Spock', text: 'First:  one\r\n\r\n\r\n\r\n  Second:\ttwo \u2028Third\n' }),
    `Spock commented on "More power to shields" ${link}\nFirst: one\n\nSecond: two\nThird`,
  )
})

t.test('what is long is cut with an ellipsis, by characters as people count them', async (t) => {
  const family = '👩‍👩‍👧'
  t.equal(textOf({ author: 'x'.repeat(81) }), `${'x'.repeat(79)}… accepted "More power to shields" ${link}`)
  t.equal(textOf({}, { name: 'n'.repeat(200) }), `James Kirk accepted "${'n'.repeat(200)}" ${link}`)
  t.equal(textOf({}, { name: 'n'.repeat(201) }), `James Kirk accepted "${'n'.repeat(199)}…" ${link}`)
  const comment = (text: string): string => textOf({ what: 'commented', text })
  const around = (text: string): string => `James Kirk commented on "More power to shields": "${text}" ${link}`
  t.equal(comment(family.repeat(400)), around(family.repeat(400)), 'a family of seven code units is one character')
  t.equal(comment('é'.normalize('NFD').repeat(501)), around(`${'é'.normalize('NFD').repeat(499)}…`))
  t.equal(comment(`${'a '.repeat(249)}bc d`), around(`${'a '.repeat(249).trim()} b…`), 'no space before the ellipsis')
})

t.test('one letter under a tower of accents does not fill the room', async (t) => {
  const tower = `a${'\u0301'.repeat(1_000_000)}`
  t.equal(textOf({ what: 'commented', text: `Hm ${tower}` }).length < 200, true)
})

t.test('nobody is called by a mention', async (t) => {
  t.equal(
    textOf({ author: '@all', what: 'commented', text: 'ask @spock, ＠bones or a @ b' }, { name: '@channel: shields' }),
    `@\u200Ball commented on "@\u200Bchannel: shields": "ask @\u200Bspock, ＠\u200Bbones or a @ b" ${link}`,
  )
})

t.test('no control characters, halves of characters or turned writing get through', async (t) => {
  t.equal(
    textOf(
      { author: 'James\u0000\u001b[31m Kirk', text: 'a\u0008b \ud83d c\u202Ed\u2066' },
      { name: 'one\r\ntwo\u0085three' },
    ),
    `James[31m Kirk accepted "one two three": "ab cd" ${link}`,
  )
})

t.test('for ONCE Campfire the same words are HTML in which no markup of the story lives', async (t) => {
  const { text, html } = messageOf(
    announcement({ what: 'commented', text: `<script>alert('x')</script>\n&amp; <br>\n\n"end"` }),
    { ...shields, name: '<b>Shields</b> & "power"' },
  )
  t.equal(
    text,
    `James Kirk commented on "<b>Shields</b> & "power"" ${link}\n<script>alert('x')</script>\n&amp; <br>\n\n"end"`,
  )
  t.equal(
    html,
    `James Kirk commented on &quot;&lt;b&gt;Shields&lt;/b&gt; &amp; &quot;power&quot;&quot; ${link}` +
      '<br>&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;<br>&amp;amp; &lt;br&gt;<br><br>&quot;end&quot;',
  )
})

t.test('a notice of the relay is one sentence or a list of them, and notifies nobody', async (t) => {
  const line = (message: string): NoticeLine => ({ about: 'jira', what: 'held', isOver: false, message })
  const said = (...messages: string[]) => messageFor(jobFor({ kind: 'notice', lines: messages.map(line) }), {})
  t.strictSame(said('jira takes nothing: <b> & @all'), {
    text: 'Tracker Relay: jira takes nothing: <b> & @\u200ball.',
    html: 'Tracker Relay: jira takes nothing: &lt;b&gt; &amp; @\u200ball.',
    shown: 'Tracker Relay: jira takes nothing: <b> & @\u200ball.',
  })
  t.match(said('one', 'two'), { text: 'Tracker Relay:\n- one\n- two', html: 'Tracker Relay:<br>- one<br>- two' })
  t.equal(said(...Array.from({ length: 50 }, () => 'x'.repeat(100))).text.length, 2000)
})

const own = (template: string, parts: Partial<Announcement> = {}, story: Partial<StoryRef> = {}) =>
  messageOf(announcement(parts), { ...shields, ...story }, { accepted: template, commented: template })

t.test('own words take the place of the sentence, and leave out what is empty', async (t) => {
  t.equal(own('{story} is done, thanks {author}[: {text}]').text, '"More power to shields" is done, thanks James Kirk')
  t.equal(own('{author} {what} {story}[ {link}]').text, `James Kirk accepted "More power to shields" ${link}`)
  t.equal(own('[{text} ]{story}', { text: 'Well done' }).text, 'Well done "More power to shields"')
  t.equal(own('{story}', {}, { name: null, type: 'bug' }).text, 'bug #109')
  t.equal(
    own('{story}', { text: 'Well done' }).text,
    '"More power to shields"',
    'a comment that is not named is left out',
  )
  t.equal(
    messageOf(announcement(), shields, { rejected: '{story}' }).text,
    `James Kirk accepted "More power to shields" ${link}`,
  )
})

t.test('a comment of several lines stands below own words, also in markup', async (t) => {
  const { text } = own('{author} on {story}[: {text}]', { text: 'First\n\nSecond' })
  t.equal(text, 'James Kirk on "More power to shields"\nFirst\n\nSecond')
  const marked = own('{author} on {story}[: {text}]', { text: '**First**\n\n- second', markup: 'markdown' })
  t.equal(marked.text, 'James Kirk on "More power to shields"\n**First**\n\n- second')
  t.equal(
    marked.html,
    '<p>James Kirk on &quot;More power to shields&quot;</p><p><strong>First</strong></p><ul><li>second</li></ul>',
  )
  t.match(own('{author}[: {text}]', { text: 'a **b**', markup: 'markdown' }), {
    html: 'James Kirk: a <strong>b</strong>',
    shown: 'James Kirk: a b',
  })
  const files = { attachments: [{ name: 'shot.png', url: null }] }
  t.equal(own('{story}[: {text}]', files).text, '"More power to shields": Attached: shot.png')
})

t.test('neither own words nor what stands in them is markup, and together they call nobody', async (t) => {
  const { text, html, shown } = own('<b>@{author} & {story}</b> {link}', { author: 'all' }, { name: '<i>@here</i>' })
  t.equal(text, `<b>@\u200Ball & "<i>@\u200Bhere</i>"</b> ${link}`)
  t.equal(html, `&lt;b&gt;@\u200Ball &amp; &quot;&lt;i&gt;@\u200Bhere&lt;/i&gt;&quot;&lt;/b&gt; ${link}`)
  t.equal(shown, text)
  const inserted = own('{author}: {story}', { author: '{story} {text} [x]' }, { name: '{author}' })
  t.equal(inserted.text, '{story} {text} [x]: "{author}"', 'a placeholder in a name is a name')
})

t.test('what is too long is cut in own words too', async (t) => {
  const long = own(
    '{author} {story} {text}',
    { author: 'a'.repeat(500), text: 't'.repeat(5000) },
    { name: 'n'.repeat(900) },
  )
  t.ok(long.text.length < 900, `${long.text.length}`)
  t.ok(long.html.length < 1000, `${long.html.length}`)
})
