import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { FoundTicket } from '../../../src/stand-ins/jira-search.ts'
import { eventually } from '../../gateway/eventually.ts'
import { startJira } from '../../targets/jira.ts'
import { administeredRelay } from './administered.ts'

/** Kept in XML and in JSON, they are written otherwise than they are said. */
const NAMES = ['Nyota Uhura', `Miles "Chief" O'Brien & Sons`, 'Søren Kjær']

for (const name of NAMES)
  t.test(`the lists of tickets that name ${name} are erased, and read again without the name`, async (t) => {
    const people = [ticket(1, name), ticket(2, 'Pavel Chekov')]
    const others = [ticket(3, 'Pavel Chekov')]
    const jira = await startJira({ filters: [filter('1', people), filter('2', others)] })
    t.teardown(() => jira.close())
    const integration = (filter_id: number) => ({
      ...{ type: 'jira', base_url: jira.url, personal_access_token: 'NjUwMjE5MTk3NTY3Oq-pat', filter_id },
      import: { public: true, cache_seconds: 3600 },
    })
    const relay = await administeredRelay(t, { integrations: { people: integration(1), others: integration(2) } })
    const list = async (integration: string): Promise<string> => (await relay.get(`/imports/${integration}.json`)).text
    t.match(await list('people'), JSON.stringify(name))
    t.match(await list('others'), /Pavel Chekov/)
    const folder = join(relay.folder, 'imports')
    const kept = (): string =>
      readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .filter((path) => /^[^.].*\.\w+$/.test(path) && existsSync(join(folder, path)))
        .map((path) => readFileSync(join(folder, path), 'utf8'))
        .join('\n')
    await eventually(
      async () => (await relay.api('/imports')).json() as { items: { tickets: number | null }[] },
      ({ items }) => items.every(({ tickets }) => tickets !== null),
      'both lists are kept',
    )
    t.match(kept(), 'Pavel Chekov')
    const words = /(Uhura|Brien|Kj)/
    t.match(kept(), words)

    people.shift()
    const erase = async (dry_run: boolean): Promise<unknown> =>
      (await relay.api('/erasures', { method: 'POST', body: { person: name, dry_run } })).json()
    t.match(await erase(true), { dry_run: true, lists: 1 })
    t.match(await list('people'), JSON.stringify(name), 'it was only counted')
    const read = jira.requests.length
    t.match(await erase(false), { dry_run: false, lists: 1 })
    t.notMatch(kept(), words)
    const again = await list('people')
    t.notMatch(again, words)
    t.match(again, /Pavel Chekov/)
    t.ok(jira.requests.length > read, 'it is read anew')
    const readAgain = jira.requests.length
    t.match(await list('others'), /Pavel Chekov/)
    t.equal(jira.requests.length, readAgain, 'the list of others is as it was')
    t.match(await erase(false), { lists: 0 })
  })

function ticket(number: number, reporter: string): FoundTicket {
  const fields = {
    summary: `Ticket ${number}`,
    reporter: { displayName: reporter },
    issuetype: { name: 'Bug' },
    created: '2021-01-17T12:34:00.000+0100',
  }
  return { id: String(10_000 + number), key: `TEST-${number}`, fields }
}

function filter(id: string, finds: FoundTicket[]) {
  return { id, name: `Filter ${id}`, jql: `project = TEST AND ${id}`, finds }
}
