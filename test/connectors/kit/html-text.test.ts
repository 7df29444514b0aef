import t from 'tap'
import { htmlText } from '../../../src/connectors/kit/html-text.ts'

t.test('HTML reads as a person would read it', async (t) => {
  const cases: [string, string, string][] = [
    ['paragraphs', '<p>a <b>b</b></p><p>c<br>d</p>', 'a b\n\nc\nd'],
    ['lists', '<ul><li>a<li>b</ul><ol><li>c</li></ol>', '* a\n * b\n\n 1. c'],
    ['code', '<pre>if (a)\n  b()</pre>', 'if (a)\n  b()'],
    ['a quotation', '<blockquote>a<br>b</blockquote>', '> a\n> b'],
    ['a heading', '<h2>Steps</h2>one', 'Steps\n\none'],
    ['a table', '<table><tr><th>Aa</th><th>B</th></tr><tr><td>1</td><td>2</td></tr></table>', 'Aa   B\n1    2'],
    ['a link', '<a href="https://e/x?a=1&amp;b=2">the log</a>', 'the log (https://e/x?a=1&b=2)'],
    ['a link that is its own text', '<a href="https://e/">https://e/</a>', 'https://e/'],
    ['what is not for reading', '<script>x()</script><style>p{}</style><img src="a" alt="b"><!-- c -->d', 'd'],
    [
      'references',
      '&lt;b&gt; &amp;amp; &eacute; &#x1F680; \u05e9\u05dc\u05d5\u05dd',
      '<b> &amp; \u00e9 \ud83d\ude80 \u05e9\u05dc\u05d5\u05dd',
    ],
    ['text without a tag', 'a < b\n  c &amp; d\n\ne', 'a < b\nc & d\n\ne'],
    ['nothing', '', ''],
  ]
  for (const [name, html, expected] of cases) t.equal(htmlText(html), expected, name)
})

t.test('what is made to take long, or goes on without end, does neither harm', async (t) => {
  const table = `<table>${'<tr><td>a</td><td>b</td></tr>'.repeat(1000)}</table>`
  t.equal(htmlText(table), 'a b\n'.repeat(1000).trim())
  t.match(htmlText('<div>'.repeat(100_000)), /^(\.\.\.)?$/)
  t.ok(htmlText(`<p>${'a '.repeat(2_000_000)}</p>`).length <= 100_000)
})

t.test('a cell that says it is a billion cells wide or high is one cell', async (t) => {
  for (const span of ['colspan', 'rowspan'])
    t.match(htmlText(`<table><tr><td ${span}=1000000000>one</td><td>two</td></tr></table>`), /^one\s+two$/, span)
})
