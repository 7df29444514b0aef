import t from 'tap'
import { bug, startBugzilla } from '../../src/stand-ins/bugzilla.ts'
import { freshFolder, startRelay } from './running-relay.ts'

t.test('integrations of one account, and restarts, do not lock it with a wrong password', async (t) => {
  const target = await startBugzilla({ bugs: [bug(7)] })
  t.teardown(target.close)
  const folder = freshFolder(t)
  const settings = (password: string) => ({
    type: 'bugzilla',
    url: target.url,
    username: 'relay@relay.test',
    password,
    import: { public: true, cache_seconds: 0 },
  })
  const start = (password: string) =>
    startRelay(t, { folder, integrations: { a: settings(password), b: settings(password), c: settings(password) } })
  const wrongLogins = (): number => target.requests.filter(({ body }) => body.includes('Wrong-Passw0rd')).length

  for (const expected of [1, 2, 3, 3]) {
    const relay = await start('Wrong-Passw0rd')
    for (const name of ['a', 'b', 'c']) t.not((await relay.get(`/imports/${name}.xml`)).status, 200)
    t.equal(wrongLogins(), expected)
    await relay.stop()
  }
  const relay = await start('Relay-Passw0rd1')
  t.not((await relay.get('/imports/a.xml')).status, 200, 'two tries are left to people')
  relay.advance(40 * 60_000)
  const { status, text } = await relay.get('/imports/b.xml')
  t.equal(status, 200)
  t.match(text, '<external_id>7</external_id>')
})
