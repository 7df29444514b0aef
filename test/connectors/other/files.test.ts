import { readFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { startDocumentSource } from '../../targets/document-source.ts'
import { imported } from './imported.ts'
import { openOther } from './other-source.ts'

const FILES = 'test/connectors/other/files'

/** Whether the file, read with the README's set-up and these settings, becomes the document beside it. */
async function isRead(t: Test, name: string, settings: object = {}, checked: readonly string[] = []): Promise<void> {
  const source = { csv: `${FILES}/${name}`, ...settings }
  const { xml } = await imported(t, source)
  t.equal(xml, readFileSync(`${FILES}/${name}.xml`, 'utf8'), name)
  const [, ...more] = await openOther(t, source).check()
  t.strictSame(
    more.map(({ level, setting, message }) => `${level} ${setting}: ${message}`),
    checked,
    `${name}, checked`,
  )
}

t.test('the exports of Tracker, JIRA and Mantis need no settings', async (t) => {
  await isRead(t, 'pt.csv')
  await isRead(t, 'jira.csv')
})

t.test('a column of all kinds of times is read, except for those that could be two days', async (t) => {
  await isRead(t, 'dates.csv', {}, [
    'warning source.date_format: 2 of 21 times of creation cannot be read and are left out, such as "07/02/2012 06:07 am" of ticket redmine-en, whose day and month cannot be told apart: set source.date_format',
  ])
})

t.test('rows of nothing but delimiters, and one that counts the others, are no tickets', async (t) => {
  await isRead(t, 'blankrows.csv')
  await isRead(t, 'mantis.csv')
})

t.test('a line that tells Excel the delimiter is understood', async (t) => {
  await isRead(t, 'excel_sep.csv')
})

t.test(
  'a file that is not UTF-8 is refused in one sentence, and read once the settings name its encoding',
  async (t) => {
    for (const name of ['redmine_latin1.csv', 'win1252.csv']) {
      await t.rejects(openOther(t, { csv: `${FILES}/${name}` }).stories(), {
        setting: 'source.encoding',
        message: 'the file is not UTF-8: save it as UTF-8, or set source.encoding to what it is, such as windows-1252',
      })
      await isRead(t, name, { encoding: 'windows-1252' })
    }
  },
)

t.test("feeds of old and of namespaced kinds, and JIRA's XML export, are read", async (t) => {
  for (const name of ['entity.rss', 'mantis.rss', 'ns.atom', 'jira_rss.xml']) {
    const program = await startDocumentSource({ documents: { '/feed': readFileSync(`${FILES}/${name}`, 'utf8') } })
    t.teardown(() => program.close())
    const { xml } = await imported(t, { feed: `${program.url}/feed` })
    t.equal(xml, readFileSync(`${FILES}/${name}.xml`, 'utf8'), name)
  }
})
