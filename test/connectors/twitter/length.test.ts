import t from 'tap'
import twitterText from 'twitter-text'
import { weightedLength } from '../../../src/connectors/twitter/weighted-length.ts'

const official = (text: string): number => twitterText.parseTweet(text).weightedLength

/** A small generator of the usual kind, so that a failure comes back. */
function dice(seed: number): (sides: number) => number {
  let state = seed
  return (sides) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
    return (state >>> 8) % sides
  }
}

const corpus = [
  'James Kirk accepted "More power to shields"',
  'Nyota Uhura added chore "テスト 🖖 translator"',
  'Ёлка, Ωmega, שלום עולם, مرحبا بالعالم, नमस्ते, สวัสดี, 안녕하세요, 你好世界',
  'e\u0301 and \u00e9, \u1e9b\u0323, \uac00 and \u1100\u1161',
  '… – — “quotes” ‘single’ ‹› • ™ © ® ° ± × ÷ ← →',
  '👩‍👩‍👧‍👦 👍🏽 🇩🇪 🏴󠁧󠁢󠁳󠁣󠁴󠁿 ❤️ ❤ 1️⃣ #️⃣ 👩🏽‍🚀 🏃‍♂️ 🏳️‍🌈 🏴‍☠️ ☺ ⚽ ⚡️',
  '\u200b\u200c\u200d\u2060',
  'see https://www.pivotaltracker.com/story/show/109 now',
  'https://example.com/a?b=c&d=%20e#f',
  'http://tracker.example.co/story/show/109',
  'x'.repeat(281),
  '漢'.repeat(141),
  '',
]

t.test("common texts are as long as Twitter's library says", async (t) => {
  for (const text of corpus) t.equal(weightedLength(text), official(text), JSON.stringify(text))
})

t.test(
  'no emoji, alone or in a sequence, counts less than in the library, and nearly all count the same',
  async (t) => {
    const light: string[] = []
    let same = 0
    let all = 0
    const weigh = (text: string): void => {
      all += 1
      if (weightedLength(text) < official(text)) light.push(text)
      if (weightedLength(text) === official(text)) same += 1
    }
    const behind = ['', '\uFE0F', '\uFE0E', '\u{1F3FB}', '\u{1F3FE}', '\uFE0F\u20E3', '\u200D\u2642\uFE0F']
    for (let code = 0x23; code < 0x1fbff; code += 1) {
      const sign = String.fromCodePoint(code)
      if (/\p{Emoji}/u.test(sign)) for (const more of behind) weigh(sign + more)
    }
    const letter = 0x1f1e6
    for (let one = 0; one < 26; one += 1)
      for (let other = 0; other < 26; other += 1) weigh(String.fromCodePoint(letter + one, letter + other))
    const parts = '👨 👩 🧑 👦 👧 👶 ❤️ ❤ 💋 🏻 💻 ⚕️ \uFE0F 🌾 🏳️ 🌈 🤝 🐦 🔥 a'.split(' ')
    const roll = dice(7)
    for (let round = 0; round < 5000; round += 1) {
      const chosen = Array.from(
        { length: 1 + roll(8) },
        () => `${parts[roll(parts.length)]}${roll(2) === 0 ? '' : '\u200D'}`,
      )
      weigh(chosen.join(''))
    }
    t.strictSame(light, [])
    t.ok(same / all > 0.99, `${same} of ${all} are the same`)
  },
)

t.test('no mixture of letters, links and emoji counts less than in the library', async (t) => {
  const roll = dice(11)
  const parts = [
    'a',
    'Z',
    '9',
    ' ',
    '.',
    ',',
    '"',
    '(',
    ')',
    '/',
    ':',
    '-',
    '_',
    '@',
    '#',
    '$',
    '?',
    '=',
    '&',
    '漢',
    'é',
    'ü',
    '\u0301',
    '\u200b',
    'https://',
    'http://',
    'example.com',
    'main.rs',
    'foo.py',
    '.co',
    '.museum',
    '.公司',
    '/path',
    '?q=1',
    ':8080',
    '…',
    '😀',
    'https://example.com/story/show/109',
    'localhost:3000',
    '10.0.0.1',
    'xn--p1ai',
    '.xn--p1ai',
  ]
  const light: string[] = []
  for (let round = 0; round < 20_000; round += 1) {
    const text = Array.from({ length: 1 + roll(12) }, () => parts[roll(parts.length)]).join('')
    if (weightedLength(text) < official(text)) light.push(text)
  }
  t.strictSame(light, [])
})
