import { join } from 'node:path'
import t from 'tap'
import { startDocumentSource } from '../../targets/document-source.ts'
import { imported } from './imported.ts'

const TYPES = ['feature', 'bug', 'chore', 'release']

t.test("what Tracker's own XML says of estimates goes through as it is", async (t) => {
  const body = `<?xml version="1.0" encoding="UTF-8"?>
<external_stories type="array">
${TYPES.map(
  (type, index) => `  <external_story>
    <external_id>${index + 1}</external_id>
    <name>More power</name>
    <description>To the shields</description>
    <requested_by>James Kirk</requested_by>
    <created_at type="datetime">2008/12/10 00:00:00 UTC</created_at>
    <story_type>${type}</story_type>
    <estimate type="integer">2</estimate>
  </external_story>
`,
).join('')}</external_stories>
`
  const program = await startDocumentSource({ documents: { '/stories.xml': body } })
  t.teardown(() => program.close())
  t.equal((await imported(t, { external_stories: `${program.url}/stories.xml` })).xml, body)
})

t.test('so do the estimates in CSV, JSON and YAML, those with a decimal comma too', async (t) => {
  const rows = TYPES.map((type, index) => ({ external_id: `${index + 1}`, name: 'N', type, estimate: index }))
  const dir = t.testdir({
    'a.csv': `external_id;name;type;estimate\n${rows.map((row) => `${row.external_id};N;${row.type};${row.estimate},0\n`).join('')}`,
    'a.yaml': JSON.stringify(rows),
  })
  const program = await startDocumentSource({ documents: { '/a.json': JSON.stringify(rows) } })
  t.teardown(() => program.close())
  for (const source of [
    { csv: join(dir, 'a.csv') },
    { yaml: join(dir, 'a.yaml') },
    { json: `${program.url}/a.json` },
  ]) {
    const { stories } = await imported(t, source)
    t.strictSame(
      stories.map(({ story_type, estimate }) => [story_type, estimate]),
      TYPES.map((type, index) => [type, index]),
      JSON.stringify(source),
    )
  }
})
