import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import t from 'tap'
import { Value } from 'typebox/value'
import { NO_DIRECTORY, type ReadActivity } from '../../../src/sources/contract/source.ts'
import { TOOLS } from '../../../src/sources/mapped/tools.ts'
import { Activity } from '../../../src/tracker/activity.ts'
import { judgedBodies, testJudged } from '../judged.ts'
import { mappedSource, NOW, PROOFS } from './mapped-source.ts'

const FOLDER = 'test/sources/mapped/bodies'

t.test('each tool that has an expression is tested on bodies of its own', async (t) => {
  const folders = readdirSync(FOLDER, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  const expressions = readdirSync('config/sources').filter((name) => /^[a-z]+\.jsonata$/.test(name))
  const tools = Object.keys(TOOLS).sort()
  t.strictSame(folders.map(({ name }) => name).sort(), tools)
  t.strictSame(expressions.map((name) => name.replace('.jsonata', '')).sort(), tools)
})

for (const tool of Object.keys(TOOLS))
  t.test(`what ${tool} sends is verified, and read as the files beside it say`, async (t) => {
    const proof = PROOFS[tool]
    if (proof === undefined) throw new Error(`PROOFS has no ${tool}`)
    const source = mappedSource(t, { tool, ...proof.settings })
    const folder = `${FOLDER}/${tool}`
    const names = readdirSync(folder).filter((name) => name.endsWith('.json') && !name.endsWith('.read.json'))
    t.ok(names.length >= 5)
    for (const name of names) {
      const body = readFileSync(`${folder}/${name}`)
      const headers = proof.headers(body)
      t.equal(source.verify?.({ headers, body }, NOW), null, `${name} is verified`)
      t.match(source.verify?.({ headers: {}, body }, NOW), { reason: 'signature', message: /is missing/ })
      const reading = await source.read({ headers, body }, NO_DIRECTORY)
      t.notOk('refused' in reading && reading.refused, name)
      const activities: readonly ReadActivity[] = 'activities' in reading ? reading.activities : []
      for (const { activity } of activities) t.ok(Value.Check(Activity, activity), `${name} is an activity`)
      const golden = `${folder}/${name.replace(/\.json$/, '.read.json')}`
      const read = `${JSON.stringify(reading, withoutNow, 2)}\n`
      if (process.env.GOLDEN === 'write') writeFileSync(golden, read)
      t.strictSame(JSON.parse(read), JSON.parse(readFileSync(golden, 'utf8')), name)
    }
  })

for (const tool of ['jira', 'openproject', 'taiga']) {
  const proof = PROOFS[tool]
  if (proof === undefined) throw new Error(`PROOFS has no ${tool}`)
  const folder = `${FOLDER}/${tool}`
  const judged = judgedBodies(folder).map((each) => ({ ...each, headers: proof.headers(each.body) }))
  testJudged(mappedSource(t, { tool, ...proof.settings }), { recorded: [], judged }, { folder, now: NOW })
}

/** Where a tool tells no time, it is that of reading. */
function withoutNow(key: string, value: unknown): unknown {
  const isNow = key === 'occurredAt' && typeof value === 'string' && Math.abs(Date.parse(value) - Date.now()) < 60_000
  return isNow ? '(now)' : value
}

async function keysOf(tool: string, ...names: readonly string[]): Promise<readonly string[]> {
  const source = mappedSource(t, { tool })
  const keys: string[] = []
  for (const name of names) {
    const reading = await source.read(
      { headers: {}, body: readFileSync(`${FOLDER}/${tool}/${name}.json`) },
      NO_DIRECTORY,
    )
    keys.push(...('activities' in reading ? reading.activities.map(({ activity }) => activity.key) : ['none']))
  }
  return keys
}

t.test('what Taiga sends again at another time is the same', async (t) => {
  const source = mappedSource(t, { tool: 'taiga' })
  const text = readFileSync(`${FOLDER}/taiga/userstory_commented.json`, 'utf8')
  const later = text.replace('"date": "2026-11-10T18:39:56.744Z"', '"date": "2026-11-10T18:59:00.000Z"')
  t.not(later, text)
  const keys = await Promise.all(
    [text, later].map(async (each) => {
      const reading = await source.read({ headers: {}, body: Buffer.from(each) }, NO_DIRECTORY)
      return 'activities' in reading ? reading.activities[0]?.activity.key : null
    }),
  )
  t.equal(keys[0], keys[1])
  t.match(keys[0], /^taiga:/)
  const [one, other] = await keysOf('taiga', 'userstory_commented_with_status', 'userstory_comment_edited')
  t.not(one, other)
})

t.test("a comment of Jira's is one, whichever of its two events tells of it", async (t) => {
  const [cloud, dataCenter] = await keysOf('jira', 'cloud_comment_created', 'datacenter_issue_commented')
  t.equal(cloud, dataCenter)
  const [edited, edit] = await keysOf('jira', 'cloud_comment_updated', 'datacenter_comment_edited')
  t.equal(edited, edit)
  t.not(cloud, edited)
})
