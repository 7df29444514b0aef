import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { eventually } from '../gateway/eventually.ts'
import { changed, commented } from '../gateway/tracker-says.ts'
import { startWebhookReceiver } from '../targets/webhook-receiver.ts'
import { steeredRelay, WAYS } from './ways.ts'

// Each process takes seconds to start on a machine that is busy with other things.
t.setTimeout(300_000)

const TOKEN = 'token-1701-that-nobody-may-see'

for (const way of WAYS) {
  t.test(`${way}, activities are listed, explained and planned anew`, async (t) => {
    const { relay, who, run, objects } = await steeredRelay(t, way, { integrations: { log: { type: 'log' } } })
    await relay.post(changed(1, { story: '109', state: 'accepted', author: 'Spock' }))
    await relay.post(commented(2, { story: '110', text: 'Engage' }))
    await relay.allSettled(2)
    const listed = await run('activities')
    t.equal(listed.code, 0, listed.stderr)
    t.match(listed.stdout, /^ID {2}RECEIVED +PROJECT {2}STORY {2}DELIVERIES +WHAT HAPPENED\n 2 {2}20/)
    t.match(listed.stdout, /^ 1 {2}20\S+Z {2}26 +#109 {3}1 delivered {2}Spock /m)
    t.match(await objects('activities', '--story', '#109'), [{ id: 1, author: 'Spock', deliveries: { delivered: 1 } }])
    t.match(await objects('activities', '--all', '--from', '1h', '--text', 'spock'), [{ id: 1 }])
    const found = async (...filters: string[]) => (await objects('activities', ...filters)).map(({ id }) => id)
    t.strictSame(await found('--integration', 'log', '--state', 'delivered'), [2, 1])
    t.strictSame(await found('--integration', 'log', '--state', 'open'), [])
    t.match(await run('activities', '--integration', 'lgo'), { code: 1, stderr: /did you mean "log"\?$/m })
    t.match(await run('activities', '--state', 'lost'), { code: 2, stderr: /^--state must be one of pending, / })
    const shown = await run('activities', 'show', '1')
    t.match(shown.stdout, /^activity +1\nwhat happened +Spock .*\nkind /)
    t.match(shown.stdout, /^log {2,}.+\n +delivery 1: accepted, delivered: logged: Spock accepted /m)
    t.match(await objects('activities', 'show', '1'), [{ id: 1, integrations: [{ integration: 'log' }] }])
    t.match(await run('activities', 'show', '7'), { code: 1, stderr: 'activity 7 does not exist\n' })

    const integrations = { log: { type: 'log' }, second: { type: 'log' } }
    await relay.reload({ integrations, admin: { tokens: ADMINS } })
    const counted = await run('activities', 'replan', '--project', '26', '--dry-run')
    t.strictSame(counted, {
      code: 0,
      stdout: 'INTEGRATION  STATE  DELIVERIES\nsecond       new             2\n',
      stderr: '',
    })
    t.match(await run('activities', 'replan', '--project', '26', '--per-second', '1000'), {
      code: 0,
      stdout: '2 put into the queue, 2 left alone: caused already, or overtaken\n',
    })
    t.match(
      (await relay.allSettled(4)).map(({ integration }) => integration),
      ['log', 'log', 'second', 'second'],
    )
    t.match(await run('activities', 'replan', '1', '7', '--json'), {
      code: 1,
      stderr: 'only 1 of these activities are kept\n',
    })
    t.match(await run('activities', 'replan', '7'), { code: 1, stderr: 'no such activities are kept\n' })
    t.match(await run('activities', 'replan'), { code: 2, stderr: /^give either the ids/ })
    t.match(await run('activities', 'replan', '1', '-i', 'secund'), { code: 1, stderr: /did you mean "second"\?$/m })
    t.match(await objects('audit', '--action', 'replay'), [{ who }, { who, detail: {} }])
  })

  t.test(`${way}, what died is replayed by a job, and what waits is skipped`, async (t) => {
    const receiver = await startWebhookReceiver({ secret: null, token: TOKEN })
    t.teardown(() => receiver.close())
    const { relay, who, run, objects } = await steeredRelay(t, way, {
      integrations: {
        builds: { type: 'webhook', url: receiver.url, retry: { schedule_seconds: [1] } },
        log: { type: 'log' },
      },
    })
    receiver.standIn.down({ status: 404, body: `no hook here ${TOKEN}` })
    for (const number of [1, 2, 3]) await relay.post(changed(number, { story: String(number), state: 'accepted' }))
    await relay.allSettled(6)
    const unusual = await objects('deliveries', '--unusual')
    t.strictSame(
      unusual.map(({ integration, state }) => [integration, state]),
      Array(3).fill(['builds', 'dead']),
    )
    const counted = await run('replay', '-i', 'builds', '--dry-run')
    t.match(counted, { code: 0, stdout: 'INTEGRATION  STATE  DELIVERIES\nbuilds       dead            3\n' })
    t.match(await objects('replay', '-i', 'builds', '--dry-run'), [{ total: 3, replay: null }])
    t.strictSame(await objects('replays'), [])
    receiver.standIn.down(null)
    t.strictSame(await run('replay', '-i', 'builds', '--story', '1'), {
      code: 0,
      stdout: '1 put back into the queue\n',
      stderr: '',
    })
    t.match(await objects('replay', '-i', 'builds', '-s', 'dead,skipped'), [{ state: 'done', released: 2, who }])
    await relay.allSettled(6)
    t.equal(receiver.accepted.length, 3)
    t.match(await run('stats', '--rebuild', '--json'), { code: 0, stderr: '' })
    t.match(await objects('audit', '--action', 'rebuild stats'), [{ who, result: /rows counted again$/ }])
    t.match((await run('replays')).stdout, /^ID {2}ASKED +BY .*\n 2 {2}20\S+Z +(command line|kirk) +done +2 of 2 +2 /)
    t.match((await run('replays', 'show', '2')).stdout, /^replay +2\nstate +done\n/)
    t.match(await run('replays', 'cancel', '2'), { code: 1, stderr: 'replay 2 has ended already: it is done\n' })
    t.match(await run('replays', 'show', '9'), { code: 1, stderr: 'replay 9 does not exist\n' })
    t.match(await run('replay', '--integration', 'bilds'), {
      code: 1,
      stdout: '',
      stderr: 'the config has no integration "bilds"; did you mean "builds"?\n',
    })

    await run('pause', 'log')
    const worker = relay.relay.workers().find(({ integration }) => integration.name === 'log')
    await eventually(
      () => worker?.standing().pausedReason,
      (reason) => reason != null,
      'the pause is noticed',
    )
    await relay.post(changed(4, { story: '4', state: 'accepted' }))
    await relay.post(changed(5, { story: '5', state: 'accepted' }))
    const waiting = await objects('deliveries', '-i', 'log', '-s', 'pending')
    t.equal(waiting.length, 2)
    const [{ id } = { id: 0 }] = waiting
    t.match(await run('skip', String(id), '--reason', 'wrong ticket'), { code: 0, stdout: '1 skipped\n' })
    t.match(await objects('deliveries', 'show', String(id)), [{ state: 'skipped', note: /wrong ticket/ }])
    t.match(await run('skip', String(id), '4711'), {
      code: 1,
      stdout: '0 skipped\n',
      stderr: /cannot be skipped: it was skipped\ndelivery 4711 does not exist/,
    })
    t.match(await run('skip', '-i', 'log', '--dry-run'), { code: 0, stdout: '1 would be skipped\n' })
    t.match(await objects('skip', '-i', 'log'), [{ total: 1, skipped: 1, being_delivered: 0 }])
    t.match(await objects('audit', '--action', 'skip'), [{ who }, { who, subject: `delivery ${id}` }])
    t.match(await run('skip', '-i', 'nope'), { code: 1, stderr: /^the config has no integration "nope"/ })
    t.notMatch((await run('deliveries', 'show', '1', '--json')).stdout, TOKEN)
  })

  t.test(`${way}, integrations are shown, checked, tried, paused and resumed`, async (t) => {
    const receiver = await startWebhookReceiver({ secret: null, token: TOKEN })
    t.teardown(() => receiver.close())
    const { relay, who, run, objects } = await steeredRelay(t, way, {
      integrations: { builds: { type: 'webhook', url: receiver.url }, log: { type: 'log' } },
    })
    t.match(await objects('integrations'), [{ name: 'builds', standing: { state: 'running' } }, { name: 'log' }])
    const shown = await run('integrations', 'show', 'builds')
    t.match(shown.stdout, /^integration +builds\ntype +webhook\nstate +running\n/)
    t.notMatch(shown.stdout, TOKEN)
    t.match(await run('integrations', 'check', 'builds'), { code: 0, stdout: /^RESULT +SETTING +FOUND\nok +url / })
    t.match(await run('test', 'builds'), { code: 0, stdout: /^builds +The test message was sent/ })
    t.equal(receiver.accepted.length, 1)
    receiver.standIn.down({ status: 403, body: TOKEN })
    const failed = await run('test', 'builds')
    t.match(failed, { code: 1, stdout: /answered 403/ })
    t.notMatch(failed.stdout, TOKEN)
    t.match(await run('pause', 'log', '--reason', 'spring cleaning'), { code: 0, stdout: /^log is paused/ })
    t.match((await run('integrations')).stdout, /^log +log +paused .*spring cleaning/m)
    t.match(await objects('resume', 'log'), [{ name: 'log', standing: { state: 'running' } }])
    t.match(
      (await objects('audit', '--limit', '3')).map((entry) => [entry.who, entry.action, entry.subject]),
      [
        [who, 'resume', 'integration log'],
        [who, 'pause', 'integration log'],
        [who, 'test message', 'integration builds'],
      ],
    )
    for (const verb of [['pause'], ['resume'], ['test'], ['integrations', 'show'], ['integrations', 'check']])
      t.strictSame(await run(...verb, 'bilds'), {
        code: 1,
        stdout: '',
        stderr: 'the config has no integration "bilds"; did you mean "builds"?\n',
      })
    t.match(await objects('stats', '--by', 'day'), [])
    t.match(await run('stats', '--by', 'week'), {
      code: 2,
      stderr: '--by must be one of minute, hour, day, not "week"\n',
    })
    t.equal((await relay.deliveries()).length, 0)
  })

  t.test(`${way}, what waits for a removed integration is moved, and a person is erased`, async (t) => {
    const { relay, who, run, objects } = await steeredRelay(t, way, { integrations: { room: { type: 'log' } } })
    await relay.post(changed(1, { story: '1', state: 'accepted', author: 'Nyota Uhura' }))
    await relay.allSettled(1)
    await relay.store.savePause('room', null, 'x', Date.now())
    const integrations = { chat: { type: 'log' } }
    await relay.reload({ integrations, admin: { tokens: ADMINS } })
    t.match(await run('move', 'room', 'chat'), { code: 0, stdout: '0 moved from room to chat\n' })
    t.match(await run('move', 'chat', 'room'), { code: 1, stderr: /^integration "chat" is in the config/ })
    t.match(await run('move', 'room', 'chta'), { code: 1, stderr: 'the config has no integration "chta"\n' })

    const counted = await run('erase', '--person', 'Nyota Uhura', '--dry-run')
    t.match(counted, { code: 0, stdout: /^activities +1\ndeliveries +1\nactivities left +0\n/ })
    const unsaid = await run('erase', '--person', 'Nyota Uhura')
    t.match(unsaid, { code: 2, stderr: 'nothing was erased, these were only counted; say --yes to erase them\n' })
    t.equal((await relay.deliveries()).length, 1)
    t.match(await run('erase', '--person', 'Nyota Uhura', '--yes'), {
      code: 0,
      stdout: /^activities +1\n[\s\S]*\nerased\n$/,
    })
    t.equal((await relay.deliveries()).length, 0)
    t.match(await objects('erase', '--story', '1', '--project', '26', '--dry-run'), [{ dry_run: true, activities: 0 }])
    t.match(await run('erase', '--person', 'x', '--story', '1'), { code: 2, stderr: /^give one of --story/ })
    t.match(await objects('audit', '--action', 'erase'), [{ who }])
  })

  t.test(`${way}, links, rejected requests and imports are looked at and changed`, async (t) => {
    const folder = t.testdir({ 'tickets.csv': 'external_id,name\n17,More power to shields\n18,Tribbles\n' })
    const { relay, who, run, objects } = await steeredRelay(t, way, {
      integrations: {
        jira: { type: 'jira', base_url: 'https://jira.example.com', personal_access_token: 'x'.repeat(20) },
        desk: {
          type: 'other',
          base_url: 'https://desk.example.com/',
          source: { csv: join(folder, 'tickets.csv') },
          import: { public: true },
        },
        log: { type: 'log' },
      },
    })
    t.match(await run('links', 'set', '26', '#109', 'ENT-17', '--integration', 'jira'), {
      code: 0,
      stdout: 'story 109 of project 26 is linked to ENT-17\n',
    })
    t.match(await objects('links'), [{ project: '26', story: '109', external_id: 'ENT-17', system: 'jira' }])
    const csv = join(folder, 'links.csv')
    writeFileSync(csv, 'project,story,external_id,system\n26,110,ENT-18,jira\n26,111,ENT-19,jira\n')
    t.match(await run('links', 'import', csv), { code: 0, stdout: '2 links imported\n' })
    t.match(await run('links', 'remove', '26', '109'), { code: 0, stdout: /is not linked any more/ })
    t.match(await run('links', 'remove', '26', '110', '--forget'), { code: 0, stdout: /is deleted/ })
    t.match(
      (await objects('links')).map(({ story, external_id }) => [story, external_id]),
      [
        ['109', null],
        ['111', 'ENT-19'],
      ],
    )
    t.match(await run('links', 'set', '26', '1', 'X', '-i', 'jra'), { code: 1, stderr: /did you mean "jira"\?$/m })
    writeFileSync(csv, 'project,story,external_id,system\n26,112,ENT-18,jira\n27,113,ENT-19,jira\n')
    t.match(await run('links', 'import', csv), { code: 1, stderr: /27" is not in the config/ })
    t.match(
      (await objects('audit', '--action', 'remove link')).length +
        (await objects('audit', '--action', 'set link')).length >
        2,
      true,
    )

    await relay.post('no activity')
    t.match((await run('rejected')).stdout, /^ID .*\n 1 {2}20\S+Z {2}26 +not an activity +11 /)
    const mended = join(folder, 'mended.xml')
    writeFileSync(mended, changed(1, { story: '109', state: 'accepted' }))
    t.match(await run('rejected', 'replay', '1'), { code: 1, stderr: /^1: refused \(not an activity\): / })
    t.match(await objects('rejected', 'replay', '1', '--body', mended), [{ id: 1, activity: 1, new: 1 }])
    t.match(await run('rejected', 'delete', '1'), { code: 1, stderr: 'rejected request 1 does not exist\n' })
    t.match(await objects('audit', '--action', 'hand in rejected'), [{ who, subject: 'rejected request 1' }])

    t.match(await run('imports', 'preview', 'desk'), {
      code: 0,
      stdout: /^TICKET {2}TYPE .*\n17 +feature +- +- +More power to shields\n18 /,
    })
    t.match(await objects('imports', 'preview', 'desk', '-n', '1'), [{ external_id: '17' }])
    t.match(await run('imports', 'refresh', 'desk'), { code: 0, stdout: 'desk: 2 tickets were read\n' })
    t.match(await objects('imports', 'status'), [{ integration: 'desk', tickets: 2, failure: null }])
    t.match(await run('imports', 'refresh', 'dsk'), { code: 1, stderr: /did you mean "desk"\?$/m })
    t.match(await run('imports', 'preview', 'log'), {
      code: 1,
      stderr: 'an import of integration "log" does not exist\n',
    })
  })
}

const ADMINS = [{ name: 'kirk', role: 'operate', token: 'an-operators-token-0001' }]
