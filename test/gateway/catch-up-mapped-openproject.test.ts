import t, { type Test } from 'tap'
import { KEY, type OpenProjectLists, startOpenProjectLists } from '../targets/openproject-lists.ts'
import { caughtUp, notesIn, systemsOf, testTheCut } from './missed-hooks.ts'
import type { RunningRelay } from './running-relay.ts'

t.setTimeout(300_000)

const ADA = { id: 4, name: 'Ada Byron' }
const NEW = { id: 1, name: 'New', isClosed: false, isDefault: true }
const DOING = { id: 7, name: 'In progress', isClosed: false, isDefault: false }
const CLOSED = { id: 12, name: 'Closed', isClosed: true, isDefault: false }

/** One work package as it stands in OpenProject, and what its hook sends of each change, of which the test decides. */
function workPackage(openproject: OpenProjectLists, id: number, begin: number, raw: string) {
  const at = (minute: number): string => new Date(begin + minute * 60_000).toISOString()
  let version = 0
  let now = {
    ...{ _type: 'WorkPackage', id, lockVersion: 0, subject: `Shields ${id}`, description: { raw } },
    ...{ createdAt: at(0), updatedAt: at(0.001) },
    _embedded: { status: NEW, type: { name: 'Feature' }, project: { id: 1, name: 'Engine' }, author: ADA },
    _links: { project: { href: '/api/v3/projects/1', title: 'Engine' }, type: { title: 'Feature' } },
  }
  const put = (changes: Partial<typeof now>): void => {
    now = { ...now, ...changes }
    openproject.package(now)
  }
  return {
    made() {
      put({})
      return { action: 'work_package:created', work_package: now, actor: ADA }
    },
    moved(minute: number, status: typeof NEW) {
      put({
        ...{ lockVersion: now.lockVersion + 1, updatedAt: at(minute) },
        _embedded: { ...now._embedded, status },
      })
      return { action: 'work_package:updated', work_package: now, actor: ADA }
    },
    commented(minute: number, text: string, more: object = {}) {
      version += 1
      const activity = {
        ...{ _type: 'Activity::Comment', id: id * 100_000 + Math.round(minute * 100), version, details: [] },
        ...{ comment: { format: 'markdown', raw: text }, createdAt: at(minute), updatedAt: at(minute), ...more },
        _links: {
          ...{ workPackage: { href: `/api/v3/work_packages/${id}`, title: now.subject } },
          user: { href: '/api/v3/users/4', title: ADA.name },
        },
      }
      openproject.activity(id, activity)
      put({ updatedAt: at(minute) })
      const { _embedded: _, ...shown } = now
      const told = { ...activity, _embedded: { workPackage: shown } }
      return { action: 'work_package_comment:comment', activity: told, actor: ADA }
    },
  }
}

const systems = (t: Test) =>
  systemsOf(t, startOpenProjectLists, ({ url }) => ({
    ...{ type: 'mapped', tool: 'openproject', token: KEY, home: url },
    catch_up: {
      username: 'apikey',
      url: `${url}/api/v3/work_packages?filters=%5B%7B%22updatedAt%22%3A%7B%22operator%22%3A%22%3C%3Ed%22%2C%22values%22%3A%5B%22{since}%22%2C%22%22%5D%7D%7D%5D&sortBy=%5B%5B%22updatedAt%22%2C%22asc%22%5D%5D&pageSize=100`,
    },
  }))

const send = (relay: RunningRelay, event: object) =>
  relay.post(JSON.stringify(event), { 'content-type': 'application/json' })

t.test('what a hook of OpenProject missed is told once, and not again by hooks that come late', async (t) => {
  const { jira, tool: openproject, hooked, catchingUp } = await systems(t)
  const begin = Date.now() - 100 * 60_000
  for (const number of [1, 2]) jira.add(`TEST-${number}`)
  const one = workPackage(openproject, 1, begin, `Also ${jira.url}/browse/TEST-1`)
  const two = workPackage(openproject, 2, begin + 60_000, `Also ${jira.url}/browse/TEST-2`)
  const three = workPackage(openproject, 3, begin, 'known')
  const first = await hooked()
  const known = [one.made(), three.made(), three.moved(1, DOING), one.commented(1, 'note first')]
  for (const event of known) t.equal((await send(first, event)).status, 202)
  await first.stop()
  const missed = [
    ...Array.from({ length: 30 }, (_, index) => one.commented(3 + index, `note ${index}`)),
    two.made(),
    two.commented(34, 'note two'),
    one.moved(36, CLOSED),
  ]
  two.commented(35, 'note secret', { internal: true })
  const relay = await catchingUp()
  const told = 30 + ['two made', 'note two', 'one closed'].length
  t.match(await caughtUp(relay), { project: 'enterprise', fresh: told, refused: 0 })
  await relay.allSettled((await relay.deliveries()).length)
  t.strictSame(
    notesIn(jira.comments('TEST-1')).filter((text) => text !== 'note first'),
    Array.from({ length: 30 }, (_, index) => `note ${index}`),
  )
  t.strictSame(notesIn(jira.comments('TEST-2')), ['note two'])
  t.equal(jira.statusOf('TEST-1'), 'Resolved')
  const count = (await relay.deliveries()).length
  for (const event of missed) t.ok((await send(relay, event)).status < 300)
  t.equal((await relay.deliveries()).length, count, 'each is a duplicate')
})

t.test('a work package that was changed after the place where the list is cut loses nothing', async (t) => {
  const { jira, tool: openproject, hooked, catchingUp } = await systems(t)
  const begin = Date.now() - 100 * 60_000
  for (const number of [1, 2]) jira.add(`TEST-${number}`)
  const one = workPackage(openproject, 1, begin, `Also ${jira.url}/browse/TEST-1`)
  const two = workPackage(openproject, 2, begin + 60_000, `Also ${jira.url}/browse/TEST-2`)
  const first = await hooked()
  t.equal((await send(first, one.made())).status, 202)
  await first.stop()
  two.made()
  for (let index = 0; index < 120; index += 1) one.commented(3 + index / 10, `note ${index}`)
  two.commented(50, 'note early')
  const relay = await catchingUp({ at_most: 1 })
  await testTheCut(t, relay, jira, { fresh: 120 + 2, notes: 120 })
})
