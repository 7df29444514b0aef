import t from 'tap'
import discord from '../../../src/connectors/discord/index.ts'
import email from '../../../src/connectors/email/index.ts'
import { wordsOf } from '../../../src/connectors/kit/rich-text.ts'
import { plainRoomWords, roomWords } from '../../../src/connectors/kit/room-words.ts'
import type { OwnWords } from '../../../src/connectors/kit/template.ts'
import matrix from '../../../src/connectors/matrix/index.ts'
import slack from '../../../src/connectors/slack/index.ts'
import teams from '../../../src/connectors/teams/index.ts'
import { announcing, problemsOf } from '../../harness.ts'

const link = 'https://www.pivotaltracker.com/story/show/109'

function read(parts: Parameters<typeof announcing>[0], templates: OwnWords, story: object = {}) {
  const job = announcing(parts, { story })
  const { head, said, url } = roomWords('the room', job, templates)
  return { head: wordsOf(head), below: said.length, url, plain: plainRoomWords('the room', job, templates) }
}

t.test('own words take the place of the sentence, with the story as a link', async (t) => {
  const accepted = '{story} is done[: {text}], thanks to {author}[ {link}]'
  t.strictSame(read({ what: 'accepted', author: 'Spock', text: 'Well done' }, { accepted }), {
    head: `"More power to shields" is done: Well done, thanks to Spock ${link}`,
    below: 0,
    url: link,
    plain: `"More power to shields" is done: Well done, thanks to Spock ${link}`,
  })
  const [quote, story] = roomWords('the room', announcing({ what: 'accepted' }), { accepted }).head
  t.match([quote, story], [{ text: '"' }, { type: 'link', url: link, children: [{ text: 'More power to shields' }] }])
  t.match(read({ what: 'rejected', author: 'Spock' }, { accepted }).head, 'Spock rejected "More power to shields"')
  const without = read({ what: 'accepted', author: 'Spock' }, { accepted }, { name: null, type: 'bug', url: 'ftp://x' })
  t.match(without, { head: 'bug #109 is done, thanks to Spock', url: null })
})

t.test('a comment of several lines, or a long one, stands below own words', async (t) => {
  const commented = '{author} on {story}[: {text}]'
  for (const text of ['First\n\nSecond', 'x'.repeat(601)]) {
    const { head, below, plain } = read({ what: 'commented', author: 'Spock', text }, { commented })
    t.equal(head, 'Spock on "More power to shields"')
    t.not(below, 0)
    t.equal(plain, `Spock on "More power to shields"\n${text}`)
  }
  const unnamed = read({ what: 'commented', author: 'Spock', text: 'First\n\nSecond' }, { commented: '{story}' })
  t.match(unnamed, { below: 0, plain: '"More power to shields"' }, 'one that is not named is left out')
})

t.test('what Tracker has no word for is told in the words of its source', async (t) => {
  t.equal(read({ what: 'changed', deed: 'cancelled' }, {}).head, 'James Kirk cancelled "More power to shields"')
  t.equal(
    read({ what: 'changed', deed: 'cancelled' }, { changed: '{what}: {story}' }).head,
    'cancelled: "More power to shields"',
  )
})

t.test('a link that says another address than its own shows its own', async (t) => {
  const shown = (text: string): readonly unknown[] =>
    roomWords('the room', announcing({ what: 'commented', text, markup: 'markdown' }), {}).said
  const link = (words: string) => ({ type: 'link', url: 'https://evil.example/x', children: [{ text: words }] })
  for (const words of [
    'https://bank.example',
    'www.bank.example',
    'HTTP://bank.example/evil.example',
    '*https://bank*',
  ])
    t.match(shown(`[${words}](https://evil.example/x)`), [{ children: [link('https://evil.example/x')] }], words)
  t.match(shown('> - **[https://bank.example](https://evil.example/x)**'), [
    { children: [{ items: [[{ children: [{ children: [link('https://evil.example/x')] }] }]] }] },
  ])
  for (const words of ['our bank', 'https://www.evil.example', 'httpd'])
    t.match(shown(`[${words}](https://evil.example/x)`), [{ children: [link(words)] }], words)
})

t.test('a cut parts no emoji, and a pile of marks is cut all the same', async (t) => {
  for (const sign of ['👨‍👩‍👧‍👦', '🇩🇪', '👍🏽', 'e\u0301']) {
    const { head } = roomWords(
      'the room',
      announcing({ author: sign.repeat(100) }, { story: { name: sign.repeat(300) } }),
      {},
    )
    t.match(wordsOf(head), new RegExp(`^(${sign})+… accepted "(${sign})+…"$`), sign)
    const [said] = roomWords('the room', announcing({ what: 'commented', text: `a${sign.repeat(2000)}` }), {}).said
    t.match(said?.type === 'paragraph' && wordsOf(said.children), new RegExp(`^a(${sign})+…$`), sign)
  }
  const marks = wordsOf(roomWords('the room', announcing({ author: `Z${'\u0301'.repeat(500)}` }), {}).head)
  t.match(marks, /^Z\u0301{70,}… accepted/)
})

t.test('each room tells of a template that cannot be used before anything is sent', async (t) => {
  const templates = { accepted: '{stroy}' }
  const problem = [{ setting: 'templates.accepted', problem: /unknown placeholder/ }]
  for (const room of [slack, discord, teams])
    t.match(problemsOf(room, { url: 'https://chat.example/hooks/1/x', templates }), problem)
  const place = { base_url: 'https://chat.example', access_token: 'x', room: '#bridge:chat.example', templates }
  t.match(problemsOf(matrix, place), problem)
  const mail = { host: 'smtp.example', from: 'a@ship.example', to: ['b@ship.example'], templates }
  t.match(problemsOf(email, mail), problem)
})
