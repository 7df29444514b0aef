import { readFileSync } from 'node:fs'
import { memoryPages, validateXML } from 'xmllint-wasm'

const SCHEMA = readFileSync('docs/external_stories.xsd', 'utf8')

/** What libxml2 finds wrong with the feed: its form, and whether it is what docs/external_stories.xsd says. */
export async function problemsOf(feed: string): Promise<readonly string[]> {
  const { valid, errors } = await validateXML({
    xml: [{ fileName: 'feed.xml', contents: feed }],
    schema: [SCHEMA],
    maxMemoryPages: memoryPages.GiB,
  })
  if (valid !== (errors.length === 0)) throw new Error('xmllint did not come to an end')
  return errors.map(({ rawMessage }) => rawMessage)
}
