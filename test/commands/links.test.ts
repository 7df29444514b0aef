import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { StoredLink } from '../../src/store/link-row.ts'
import { openStore } from '../../src/store/store.ts'
import { freshFolder, writeMigratedDatabase } from '../store/database.ts'
import { tracker } from './command-line.ts'

// Each process takes seconds to start on a machine that is busy with other things.
t.setTimeout(300_000)

interface Ran {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** A folder with a config of two projects, and the command line to be run there. */
async function commandLine(t: { teardown(work: () => void): void }, integrations: object = {}) {
  const folder = freshFolder(t)
  await writeMigratedDatabase(join(folder, 'relay.db'))
  const config = join(folder, 'relay.yaml')
  const database = { file: join(folder, 'relay.db') }
  const names = Object.keys(integrations)
  const projects = ['26', 'enterprise'].map((id) => ({ id, secret: 'kobayashi-maru-1701', integrations: names }))
  writeFileSync(config, JSON.stringify({ database, projects, integrations }))
  const links = async (args: readonly string[], input?: string): Promise<Ran> => {
    const { code, stdout, stderr } = await tracker(
      ['links', ...args, '--config', config],
      input === undefined ? {} : { input },
    )
    return { code, out: stdout, err: stderr }
  }
  return {
    links,
    file(text: string | Buffer): string {
      const path = join(folder, 'links.csv')
      writeFileSync(path, text)
      return path
    },
    async stored(): Promise<Omit<StoredLink, 'learnedAt'>[]> {
      const store = openStore({ client: 'sqlite', ...database })
      await store.migrate()
      const found = await store.links({ limit: 2000 })
      await store.close()
      return found.map(({ learnedAt, ...link }) => link)
    },
  }
}

t.test('a link is set, shown, removed and forgotten', async (t) => {
  const { links, stored } = await commandLine(t)
  const url = 'https://jira.example.com/browse/TEST-1'
  const set = await links([
    'set',
    '26',
    '#109',
    'TEST-1',
    '--system',
    'jira',
    '--integration-id',
    '7',
    '--ticket-url',
    url,
  ])
  t.strictSame([set.code, set.out], [0, 'story 109 of project 26 is linked to TEST-1\n'])
  t.strictSame(await stored(), [
    {
      projectId: '26',
      storyId: '109',
      system: 'jira',
      integrationId: '7',
      externalId: 'TEST-1',
      externalUrl: url,
      source: 'operator',
    },
  ])
  t.match(
    (await links(['list'])).out,
    /^PROJECT {2}STORY {2}TICKET {2}SYSTEM .*\n26 {7}#109 {3}TEST-1 {2}jira {4}7 +operator {2}20\S+ {2}https:/,
  )
  t.match(JSON.parse((await links(['list', '--json', '--story', '109'])).out), { external_id: 'TEST-1' })
  t.strictSame((await links(['list', '--ticket', 'TEST-2'])).out, '')
  const removed = await links(['remove', '26', '109'])
  t.match(removed.out, /is not linked any more/)
  t.match(await stored(), [{ externalId: null, system: null, integrationId: null, externalUrl: null }])
  t.match((await links(['remove', '26', '109', '--forget'])).out, /is deleted; it will be looked up again/)
  t.strictSame(await stored(), [])
  const again = await links(['remove', '26', '109'])
  t.strictSame([again.code, again.err], [1, 'a stored link of story 109 of project 26 does not exist\n'])
})

t.test('a link that cannot be right is not set', async (t) => {
  const { links, stored } = await commandLine(t)
  const more = await links(['set', '26', 'a story', 'TEST-1', '--system', 'jiro', '--ticket-url', 'jira.example.com'])
  t.equal(more.code, 2)
  t.strictSame(more.err.trimEnd().split('; '), [
    'story: expected a story\'s id, found "a story"',
    'system: expected jira, lighthouse, github, gitlab, zendesk, bugzilla, get_satisfaction, other, found "jiro"',
    'external_url: expected an http or https address, found "jira.example.com"',
  ])
  t.strictSame(await stored(), [])
})

t.test('in a project with two ticket systems a link has to say where the ticket is', async (t) => {
  const jira = { type: 'jira', base_url: 'https://jira.example.com', personal_access_token: 'x'.repeat(20) }
  const { links, stored, file } = await commandLine(t, {
    jira: { ...jira, integration_id: 12 },
    bugs: { type: 'bugzilla', url: 'https://bugs.example.com', api_key: 'x'.repeat(20) },
    log: { type: 'log' },
  })
  t.strictSame(await links(['set', '26', '109', 'ENT-17']), {
    code: 1,
    out: '',
    err: "nothing was set: ticket ENT-17 could be in jira or bugs (bugzilla); say which by naming the integration, the system or the ticket's address\n",
  })
  const imported = await links(['import', file('project,story,external_id\n26,109,17\n')])
  t.match(imported, {
    code: 1,
    err: /line 2: system: is needed, since ticket 17 could be in jira or bugs \(bugzilla\)/,
  })
  t.strictSame(await stored(), [])
  t.match(await links(['set', '26', '109', 'ENT-17', '--integration', 'jira']), { code: 0 })
  t.match(await stored(), [{ externalId: 'ENT-17', system: 'jira', integrationId: '12' }])
  t.match(await links(['set', '26', '109', '17', '--system', 'bugzilla']), { code: 0 })
  t.match(await links(['set', '26', '109', 'X-1', '--ticket-url', 'https://jira.example.com/browse/X-1']), { code: 0 })
  t.match(await links(['set', '26', '109', 'X-1', '-i', 'log']), {
    code: 1,
    err: /^log is not an integration with tickets/,
  })
  t.match(await links(['set', '26', '109', 'X-1', '-i', 'jra']), { code: 1, err: /no integration "jra"/ })
})

t.test('where two integrations have one system, their names alone do not tell the ticket apart', async (t) => {
  const jira = { type: 'jira', personal_access_token: 'x'.repeat(20) }
  const { links, stored } = await commandLine(t, {
    one: { ...jira, base_url: 'https://one.example.com' },
    two: { ...jira, base_url: 'https://two.example.com' },
  })
  const ran = await links(['set', '26', '109', 'ENT-17', '--integration', 'one'])
  t.match(ran, { code: 1, err: /one \(jira\) or two \(jira\), which have the same system; set integration_id/ })
  t.strictSame(await stored(), [])
})

t.test('a file of links is imported whole, whatever way its program writes CSV', async (t) => {
  const { links, stored, file } = await commandLine(t)
  const path = file(
    '\ufeffExternal_ID,project, story ,system,integration_id,external_url\r\n' +
      'TEST-1,26,109,jira,7,https://jira.example.com/browse/TEST-1\r\n' +
      '\r\n' +
      '"TICKET ""9"", deck 12",enterprise,110,,,\r\n' +
      ' "4711" , 26 , 111 ,zendesk,,',
  )
  const imported = await links(['import', path])
  t.strictSame([imported.code, imported.err, imported.out], [0, '', '3 links imported\n'])
  const none = { system: null, integrationId: null, externalUrl: null, source: 'operator' }
  t.strictSame(await stored(), [
    {
      ...none,
      projectId: '26',
      storyId: '109',
      system: 'jira',
      integrationId: '7',
      externalId: 'TEST-1',
      externalUrl: 'https://jira.example.com/browse/TEST-1',
    },
    { ...none, projectId: '26', storyId: '111', system: 'zendesk', externalId: '4711' },
    { ...none, projectId: 'enterprise', storyId: '110', externalId: 'TICKET "9", deck 12' },
  ])
  const piped = await links(['import', '-'], 'project,story,external_id\n26,109,TEST-2\n')
  t.equal(piped.out, '1 link imported\n')
  t.match(await stored(), [{ storyId: '109', externalId: 'TEST-2', system: null }, {}, {}])
})

t.test('a file with mistakes is told all of them by their lines, and nothing of it is imported', async (t) => {
  const { links, stored, file } = await commandLine(t)
  const path = file(
    [
      'project,story,external_id,system',
      '26,1,TEST-1,jira',
      '27,2,TEST-2,jira',
      '26,3,TEST-3',
      '26,,TEST-4,jira',
      '26,5,"TEST',
      '-5",jira',
      '26,6,TEST-6,trello',
      '26,1,TEST-7,jira',
    ].join('\n'),
  )
  const refused = await links(['import', path])
  t.equal(refused.code, 1)
  t.strictSame(refused.err.trimEnd().split('\n'), [
    `${path}: line 3: project: "27" is not in the config, which has: 26, enterprise`,
    `${path}: line 4: expected 4 values, found 3`,
    `${path}: line 5: story: expected a story's id, found nothing`,
    `${path}: line 6: external_id: expected a ticket, at most 255 characters, found "TEST\\n-5"`,
    `${path}: line 8: system: expected jira, lighthouse, github, gitlab, zendesk, bugzilla, get_satisfaction, other, found "trello"`,
    `${path}: line 9: story 1 is on line 2 already`,
    'nothing was imported',
  ])
  t.strictSame(await stored(), [])
})

t.test('a file of semicolons is imported; one in an encoding other than UTF-8 is not', async (t) => {
  const { links, stored, file } = await commandLine(t)
  const text = 'project;story;external_id;system\r\n26;109;"M\u00fcnchen; 2";other\r\n'
  t.match(await links(['import', file(Buffer.from(text, 'latin1'))]), {
    code: 1,
    err: /links\.csv is not UTF-8: save it as UTF-8 .*; nothing was imported/,
  })
  t.strictSame(await stored(), [])
  t.match(await links(['import', file(text)]), { code: 0, out: '1 link imported\n' })
  t.match(await stored(), [{ storyId: '109', externalId: 'M\u00fcnchen; 2', system: 'other' }])
})

t.test('a file that cannot be read is refused', async (t) => {
  const { links } = await commandLine(t)
  t.match(await links(['import', '/no/such/file.csv']), { code: 1, err: /cannot be read \(ENOENT\)/ })
})

t.test(
  'a long file is imported and listed in pieces, and one mistake at its end undoes nothing that was there',
  async (t) => {
    const { links, stored, file } = await commandLine(t)
    const lines = Array.from({ length: 1234 }, (_, index) => `26,${index + 1},TEST-${index + 1}`)
    const text = `project,story,external_id\n${lines.join('\n')}\n`
    t.equal((await links(['import', file(text)])).out, '1234 links imported\n')
    t.equal((await links(['list'])).out.trimEnd().split('\n').length, 1235)
    t.equal((await links(['list', '-n', '300'])).out.trimEnd().split('\n').length, 301)
    const changed = `${text.replaceAll('TEST-', 'NEXT-')}26,9999,\n`
    t.match(await links(['import', file(changed)]), { code: 1, err: /line 1236: external_id: expected a ticket/ })
    t.strictSame(
      (await stored()).filter(({ externalId }) => externalId?.startsWith('TEST-') !== true),
      [],
    )
  },
)
