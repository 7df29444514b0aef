import fc from 'fast-check'
import type { Job } from '../../src/connectors/contract/connector.ts'
import { announcing, jobFor } from '../harness.ts'

/** What could call somebody, be a link in disguise, or break out of what is around it, in one room or another. */
const HOSTILE = [
  ...[
    '<!channel>',
    '<!here|here>',
    '<@U024BE7LH>',
    '<#C02|x>',
    '<!subteam^S1>',
    '@everyone',
    '@here',
    '@channel',
    '@all',
  ],
  ...['@room', '@kirk', '<@&81>', '<@81>', '<#81>', '</nick:1>', '<:x:1>', '@kirk:ship.example', '<at>Kirk</at>'],
  ...['[bank](https://evil.example)', '<https://evil.example|bank>', '![](https://evil.example/x.png)', '](', '](<'],
  ...['<https://evil.example>', '<img src=x onerror=alert(1)>', '</p><script>', '<a href="https://evil.example">x</a>'],
  ...[
    '*',
    '**',
    '_',
    '~',
    '~~',
    '`',
    '```',
    '||',
    '> ',
    '# ',
    '- ',
    '1. ',
    '\\',
    '&lt;',
    '&amp;',
    '"',
    "'",
    '<',
    '>',
    '&',
  ],
  ...[
    '\n',
    '\r\n',
    '\n\n',
    '\u2028',
    '\u202e',
    '\u200b',
    '\ud800',
    '\u0000',
    '\u0007',
    '漢',
    '👩‍🚀',
    'x',
    'word ',
    ' ',
  ],
  ...[
    '\r\nBcc: kirk@ship.example\r\n',
    '=?utf-8?B?eA==?=',
    '<t:0:R>',
    '$x$',
    '\\[x\\]',
    ':smile:',
    'https://ship.example/a_b',
  ],
]

export const hostileText = fc
  .array(fc.constantFrom(...HOSTILE), { minLength: 1, maxLength: 12 })
  .map((parts) => parts.join(''))

/** An announcement whose every text is hostile. */
export const hostileJob: fc.Arbitrary<Job> = fc
  .record({ author: hostileText, name: hostileText, text: hostileText, type: hostileText, isMarkdown: fc.boolean() })
  .map(({ author, name, text, type, isMarkdown }) =>
    announcing(
      { what: 'commented', author, text, ...(isMarkdown ? { markup: 'markdown' } : {}) },
      { story: { name, type } },
    ),
  )

/** Templates as operators write them, with what one room or another could take for markup or for a call. */
export const OWN_WORDS = {
  created: '<New> @{author} {what} {story} & {link}',
  moved: '# {story} came in[: {text}] {link}',
  accepted: '**{story}** is <!here> done[: {text}] *thanks* @channel, {author}',
  rejected: '> {author} [{what} {text}] </p><at>{story}</at>',
  commented: '!{story} <@{author}> @room[: {text}]',
}

/** The same ones each time; ROOM_RUNS=20000 looks further. */
export const RUNS = { numRuns: Number(process.env.ROOM_RUNS ?? 300), seed: 1109 }

/** Comments that become much longer in one markup or another. */
export const LONG_TEXTS = [
  'x'.repeat(30_000),
  '*'.repeat(20_000),
  '<&>'.repeat(7000),
  '漢'.repeat(20_000),
  '\\`'.repeat(10_000),
  `${'> - *a* **b** ~~c~~ [d](https://ship.example)\n'.repeat(150)}`,
  '👩‍👩‍👧‍👦'.repeat(2000),
  `${'word '.repeat(20)}\n\n`.repeat(150),
]

/** A notice of two lines to the operators. */
export const noticing = (): Job =>
  jobFor({
    kind: 'notice',
    lines: ['jira is held since 06:00', 'all is well with <!channel> again'].map((message) => ({
      about: 'jira',
      what: 'held',
      isOver: false,
      message,
    })),
  })
