import t from 'tap'
import { plainBlocks } from '../../../src/connectors/kit/rich-text.ts'
import { inTemplate, roomTemplateProblems } from '../../../src/connectors/kit/room-template.ts'
import { parseTemplate } from '../../../src/connectors/kit/template.ts'

const problem = (accepted: string): string | undefined => roomTemplateProblems({ accepted })[0]?.problem

t.test('a template is tried before anything is sent', async (t) => {
  const cases: [string, RegExp | null][] = [
    ['{author} {what} {story}[: {text}][ {link}]', null],
    ['{story} is done, thanks to @{author}!', null],
    ['{link} {story}', null],
    ['{stroy} is done', /unknown placeholder \{stroy\}/],
    ['{story is done', /has a single "\{"/],
    ['[{story}', /has a "\[" without a "\]"/],
    ['{author} did it', /would say the same for every story/],
    ['[{text}][ {link}]', /would say nothing where there is no comment/],
    ['"[{text}]"', /would say nothing where there is no comment/],
    ['{story}({link})', /must have a blank before and after \{link\}/],
    ['{story} {link}.', /must have a blank before and after \{link\}/],
    ['{story}\n{text}', /must be one line/],
    [`{story} ${'x'.repeat(600)}`, /has 60\d characters of its own; at most 500/],
  ]
  for (const [template, expected] of cases)
    if (expected === null) t.equal(problem(template), undefined, template)
    else t.match(problem(template), expected, template)
  t.match(roomTemplateProblems({ accepted: '{story}', commented: 'x' }), [{ setting: 'templates.commented' }])
})

t.test('values are content for the room to write, in one piece with the words around them', async (t) => {
  const parts = parseTemplate('<@{author}> {what}[ {link}] {story}[: {text}] ')
  if (typeof parts === 'string') throw new Error(parts)
  const text = (words: string) => [{ type: 'text', text: words } as const]
  const values = { author: text('all'), what: text('accepted'), link: [], story: text('*it*') }
  t.strictSame(inTemplate(parts, { ...values, said: [] }), { head: text('<@all> accepted *it*'), said: [] })
  const link = { type: 'link', url: 'https://x.example/1', children: text('1') } as const
  t.strictSame(inTemplate(parts, { ...values, link: [link], said: plainBlocks('Yes') }).head, [
    ...text('<@all> accepted '),
    link,
    ...text(' *it*: Yes'),
  ])
  const below = inTemplate(parts, { ...values, said: plainBlocks('one\ntwo') })
  t.strictSame(below, { head: text('<@all> accepted *it*'), said: plainBlocks('one\ntwo') })
})
