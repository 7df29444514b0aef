import t from 'tap'
import { wordsSent } from '../../../src/routes/pages/words-sent.ts'

type Attempts = Parameters<typeof wordsSent>[0]

const exchange = (method: string, body: string, type = 'application/json'): Attempts[number]['exchanges'][number] => ({
  method,
  url: 'https://target.example.com/x',
  request_headers: { 'content-type': type },
  request_body: body,
  status: 200,
  response_headers: {},
  response_body: '',
  error: null,
  duration_ms: 1,
})

const attempt = (outcome: string, ...exchanges: Attempts[number]['exchanges']): Attempts[number] => ({
  number: 1,
  started_at: '2026-11-28T13:20:00.000Z',
  duration_ms: 1,
  outcome,
  status: null,
  note: null,
  exchanges,
})

t.test('the words that people read at the target are found in what was sent', async (t) => {
  const adf = {
    body: {
      type: 'doc',
      content: [
        {
          type: 'paragraph',
          content: [
            { type: 'text', text: 'Spock ' },
            { type: 'text', text: 'commented:' },
          ],
        },
        { type: 'paragraph', content: [{ type: 'text', text: 'Fascinating' }] },
      ],
    },
  }
  for (const [body, type, words] of [
    ['{"text":"Kirk accepted <b>","reply":{"x":"y"}}', undefined, 'Kirk accepted <b>'],
    ['{"message":{"type":"TextMessage","body":"Kirk"}}', undefined, 'Kirk'],
    ['{"ticket":{"comment":{"body":"Kirk","public":false}}}', undefined, 'Kirk'],
    [JSON.stringify(adf), undefined, 'Spock commented:\nFascinating'],
    ['{"body":"no @\\u{200b}call"}', undefined, 'no @\\u{200b}call'],
    ['{"transition":{"id":"31"}}', undefined, '{"transition":{"id":"31"}}'],
    ['{"body":"cut at its', undefined, '{"body":"cut at its'],
    ['status=Kirk+%26+Spock&visibility=public', 'application/x-www-form-urlencoded', 'Kirk & Spock'],
    ['<b>Kirk</b>', 'text/html', '<b>Kirk</b>'],
  ] as const)
    t.equal(wordsSent([attempt('delivered', exchange('POST', body, type))])?.words, words)
})

t.test('the write is found among looks, and it is told whether it is there', async (t) => {
  const write = exchange('PUT', '{"body":"Kirk"}')
  const look = exchange('GET', '')
  t.match(wordsSent([attempt('delivered', look, write, look)]), { words: 'Kirk', isThere: true })
  t.match(wordsSent([attempt('in doubt', write), attempt('confirmed', exchange('POST', '{"jql":"x"}'))]), {
    request: 'PUT https://target.example.com/x',
    words: 'Kirk',
    isThere: true,
  })
  t.match(wordsSent([attempt('retry', write)]), { isThere: false })
  t.equal(wordsSent([attempt('retry', look), attempt('skipped')]), null)
})
