import t from 'tap'
import { adfText } from '../../../src/connectors/jira/adf.ts'

const doc = (...content: unknown[]) => ({ type: 'doc', version: 1, content })
const text = (words: string, ...marks: unknown[]) =>
  marks.length === 0 ? { type: 'text', text: words } : { type: 'text', text: words, marks }
const paragraph = (...content: unknown[]) => ({ type: 'paragraph', content })
const link = (href: string) => ({ type: 'link', attrs: { href } })
const item = (...content: unknown[]) => ({ type: 'listItem', content })
const bullets = (...content: unknown[]) => ({ type: 'bulletList', content })
const cell = (...content: unknown[]) => ({ type: 'tableCell', content })

t.test('each kind of node is shown as people would write it in plain text', async (t) => {
  const cases: [string, unknown[], string][] = [
    ['paragraphs', [paragraph(text('One')), paragraph(), paragraph(text('Two'))], 'One\n\nTwo'],
    [
      'headings',
      [{ type: 'heading', attrs: { level: 2 }, content: [text('Steps')] }, paragraph(text('Do it'))],
      '## Steps\n\nDo it',
    ],
    ['hard breaks', [paragraph(text('One'), { type: 'hardBreak' }, text('Two'))], 'One\nTwo'],
    ['marks', [paragraph(text('very ', { type: 'strong' }), text('bad', { type: 'em' }))], 'very bad'],
    [
      'links',
      [paragraph(text('see '), text('the log', link('https://a.example/1')))],
      'see the log (https://a.example/1)',
    ],
    [
      'a link that is cut by another mark',
      [paragraph(text('the ', link('https://a.example')), text('log', { type: 'strong' }, link('https://a.example')))],
      'the log (https://a.example)',
    ],
    [
      'links that show their address',
      [
        paragraph(
          text('https://a.example', link('https://a.example')),
          text(' '),
          text('m@a.example', link('mailto:m@a.example')),
        ),
      ],
      'https://a.example m@a.example',
    ],
    [
      'two links side by side',
      [paragraph(text('a', link('https://a.example')), text('b', link('https://b.example')))],
      'a (https://a.example)b (https://b.example)',
    ],
    [
      'lists in lists',
      [
        bullets(
          item(paragraph(text('One')), bullets(item(paragraph(text('Inner')))), paragraph(text('more'))),
          item(paragraph(text('Two'))),
        ),
      ],
      '- One\n  - Inner\n  more\n- Two',
    ],
    [
      'numbers',
      [
        {
          type: 'orderedList',
          attrs: { order: 9 },
          content: [item(paragraph(text('Nine'))), item(paragraph(text('Ten'), { type: 'hardBreak' }, text('more')))],
        },
      ],
      '9. Nine\n10. Ten\n    more',
    ],
    [
      'tasks',
      [
        {
          type: 'taskList',
          attrs: { localId: 'l' },
          content: [
            { type: 'taskItem', attrs: { localId: '1', state: 'DONE' }, content: [text('Wash')] },
            { type: 'taskItem', attrs: { localId: '2', state: 'TODO' }, content: [text('Dry')] },
            { type: 'taskList', content: [{ type: 'taskItem', attrs: { state: 'TODO' }, content: [text('Fold')] }] },
          ],
        },
      ],
      '[x] Wash\n[ ] Dry\n  [ ] Fold',
    ],
    [
      'decisions',
      [
        {
          type: 'decisionList',
          content: [{ type: 'decisionItem', attrs: { state: 'DECIDED' }, content: [text('Ship it')] }],
        },
      ],
      '- Ship it',
    ],
    [
      'code',
      [{ type: 'codeBlock', attrs: { language: 'js' }, content: [text('if (a) {\n  b()\n}')] }],
      '```\nif (a) {\n  b()\n}\n```',
    ],
    [
      'quotes',
      [{ type: 'blockquote', content: [paragraph(text('To be')), paragraph(text('or not'))] }],
      '> To be\n>\n> or not',
    ],
    [
      'panels',
      [{ type: 'panel', attrs: { panelType: 'warning' }, content: [paragraph(text('Mind the gap'))] }],
      'Mind the gap',
    ],
    [
      'what is folded away',
      [{ type: 'expand', attrs: { title: 'Log' }, content: [paragraph(text('line'))] }],
      'Log\n\nline',
    ],
    ['rules', [paragraph(text('a')), { type: 'rule' }, paragraph(text('b'))], 'a\n\n----\n\nb'],
    [
      'tables',
      [
        {
          type: 'table',
          content: [
            {
              type: 'tableRow',
              content: [
                { type: 'tableHeader', content: [paragraph(text('Name'))] },
                { type: 'tableHeader', content: [paragraph(text('Age'))] },
              ],
            },
            {
              type: 'tableRow',
              content: [cell(paragraph(text('Kirk')), paragraph(text('James T.'))), cell(paragraph())],
            },
          ],
        },
      ],
      'Name | Age\nKirk James T. |',
    ],
    [
      'people, emoji, days and states',
      [
        paragraph(
          { type: 'mention', attrs: { id: '5b10', text: '@Mia Krystof' } },
          text(' '),
          { type: 'mention', attrs: { id: '5b11' } },
          text(' '),
          { type: 'emoji', attrs: { shortName: ':grinning:', text: '😀' } },
          { type: 'emoji', attrs: { shortName: ':awthanks:', id: 'atlassian-awthanks' } },
          text(' by '),
          { type: 'date', attrs: { timestamp: '1582152559000' } },
          text(' '),
          { type: 'status', attrs: { text: 'In Progress', color: 'yellow' } },
        ),
      ],
      '@Mia Krystof @5b11 😀:awthanks: by 2020-02-19 [In Progress]',
    ],
    [
      'media by their names',
      [
        {
          type: 'mediaSingle',
          content: [
            { type: 'media', attrs: { id: 'x', type: 'file', alt: 'screen.png' } },
            { type: 'caption', content: [text('What I see')] },
          ],
        },
        {
          type: 'mediaGroup',
          content: [
            { type: 'media', attrs: { id: 'y', type: 'file' } },
            { type: 'media', attrs: { type: 'external', url: 'https://a.example/b.png' } },
          ],
        },
        paragraph(text('and '), { type: 'mediaInline', attrs: { id: 'z', alt: 'log.txt' } }),
      ],
      '[screen.png]\nWhat I see\n\n[attachment]\n[https://a.example/b.png]\n\nand [log.txt]',
    ],
    [
      'cards',
      [
        paragraph(text('see '), { type: 'inlineCard', attrs: { url: 'https://a.example/1' } }),
        { type: 'blockCard', attrs: { url: 'https://a.example/2' } },
        { type: 'embedCard', attrs: { url: 'https://a.example/3', layout: 'center' } },
        paragraph({ type: 'inlineCard', attrs: { data: { '@type': 'Document', name: 'A page' } } }),
      ],
      'see https://a.example/1\n\nhttps://a.example/2\n\nhttps://a.example/3\n\nA page',
    ],
    [
      'what is not known, by its content',
      [
        {
          type: 'hologram',
          content: [
            paragraph(text('one')),
            { type: 'layer', content: [text('two '), { type: 'spark', content: [text('three')] }] },
          ],
        },
        { type: 'extension', attrs: { extensionKey: 'toc', text: 'Contents' } },
        {
          type: 'layoutSection',
          content: [
            { type: 'layoutColumn', content: [paragraph(text('left'))] },
            { type: 'layoutColumn', content: [paragraph(text('right'))] },
          ],
        },
      ],
      'one\n\ntwo \n\nthree\n\nContents\n\nleft\n\nright',
    ],
  ]
  for (const [name, content, expected] of cases) t.equal(adfText(doc(...content)), expected, name)
})

t.test('a value that is not a document does not stop the import', async (t) => {
  const strange: unknown[] = [
    null,
    undefined,
    7,
    [],
    {},
    doc(),
    doc(null, 'x', 7, [], {}),
    { type: 'doc', content: 'text' },
    { type: 'constructor', content: [{ type: '__proto__' }, { type: 'toString' }] },
    doc({ type: 'heading' }, { type: 'orderedList' }, { type: 'table', content: [{}] }, { type: 'date', attrs: {} }),
    doc(
      paragraph(
        { type: 'date', attrs: { timestamp: 'soon' } },
        { type: 'emoji' },
        { type: 'status', attrs: { text: 7 } },
      ),
    ),
    doc(paragraph({ type: 'text', text: 7, marks: [null, { type: 'link' }, { type: 'link', attrs: { href: {} } }] })),
  ]
  for (const document of strange) t.equal(adfText(document), '', JSON.stringify(document) ?? 'nothing')
  t.equal(adfText('plain'), 'plain')
})

t.test('a document that is nested without end is shown as far as it makes sense', async (t) => {
  let node: unknown = paragraph(text('the bottom'))
  for (let depth = 0; depth < 50_000; depth += 1)
    node = depth % 2 === 0 ? { type: 'blockquote', content: [node] } : bullets(item(node))
  t.equal(adfText(doc(paragraph(text('the top')), node)), 'the top')
})

t.test('text keeps every character that it has', async (t) => {
  const words = 'a\u0000b <b>&amp;</b> ]]> \u202eevil\u202c مرحبا 日本語 👩‍👩‍👧 [~kirk] {code} $1 $&'
  t.equal(adfText(doc(paragraph(text(words)))), words)
})
