import { existsSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { blocks, text } from './pages.ts'
import { walk } from './walk.ts'

const PAGES = ['docs/getting-started.md', 'docs/from-linear-or-shortcut.md'] as const
const [TRACKER, OTHERS] = PAGES

t.test('the commands of "Getting started" lead to a comment in a ticket of JIRA', async (t) => {
  const { folder, outputs, firstTerminal, promised } = await walk(t, TRACKER)
  const everything = outputs.join('\n')
  t.match(everything, 'Montgomery Scott commented:\\n\\nShe cannot take much more.', "JIRA's API has the comment")
  t.match(everything, /"duplicates?":\s*(true|1)/, 'the second time is a duplicate')
  t.equal(promised.length, 1)
  t.equal(firstTerminal.split(promised[0] ?? '').length, 2, 'it was written once')
  const panel = outputs.find((output) => output.includes('ENT-18')) ?? ''
  t.match(panel, 'Viewscreen flickers at warp 6')
  t.notMatch(panel, 'ENT-17', 'the ticket that has a story is not shown')
  t.notOk(existsSync(join(folder, 'tour')), 'nothing is left')
})

t.test('the commands of "From a Linear or Shortcut workspace" lead to comments in tickets of JIRA', async (t) => {
  const { folder, outputs, firstTerminal, promised } = await walk(t, OTHERS)
  const everything = outputs.join('\n')
  t.match(everything, 'all is well', 'check finds the config good')
  t.equal(everything.match(/"duplicate":false/g)?.length, 5, 'each event is taken')
  t.match(everything, /"duplicate":true/, 'the second time is a duplicate')
  t.match(everything, /"status":401,"detail":"the request has no Linear-Signature/)
  t.match(everything, /holodeck +signature/, 'what was refused is kept')
  t.match(everything, /"author": "Miles O'Brien"/, 'explain tells what a body becomes')
  t.equal(promised.length, 2)
  for (const each of promised) t.equal(firstTerminal.split(each).length, 2, 'it was written once')
  t.notOk(existsSync(join(folder, 'tour')), 'nothing is left')
})

t.test('the tours show the settings of the stand-in', async (t) => {
  const shown = text('src/stand-ins/jira.ts').match(/personalAccessToken: '([^']+)'/)?.[1] ?? 'none'
  for (const page of PAGES) {
    const told = blocks(page, 'sh').filter((each) => /personal_access_token|Bearer/.test(each))
    t.ok(told.length > 0)
    for (const block of told) t.match(block, shown)
  }
})
