import t from 'tap'
import type { Finding } from '../../../src/connectors/contract/connector.ts'
import { changed, classic } from '../../../src/stand-ins/jira-workflows.ts'
import { ALL_PERMISSIONS, type JiraOptions, relayUser } from '../../targets/jira.ts'
import { isWrite, type Opened, open } from './setup.ts'

async function findings(opened: Opened): Promise<readonly Finding[]> {
  const found = (await opened.session.check?.()) ?? []
  if (opened.target.requests.some(isWrite)) throw new Error('the check wrote something')
  return found
}

const troubles = (all: readonly Finding[]): readonly Finding[] => all.filter(({ level }) => level !== 'ok')

async function troublesOf(t: Parameters<typeof open>[0], options: JiraOptions, settings: object) {
  return troubles(await findings(await open(t, options, settings)))
}

t.test('settings that are in order are said to be so', async (t) => {
  const settings = { resolution: 'Fixed', comment_visibility: { type: 'role', value: 'Developers' } }
  t.strictSame(await findings(await open(t, {}, settings)), [
    { level: 'ok', setting: 'personal_access_token', message: 'JIRA knows the account as "Tracker Relay".' },
    { level: 'ok', setting: 'base_url', message: 'This is JIRA Server 10.3.2.' },
    {
      level: 'ok',
      setting: null,
      message: 'The account has the permission "Browse projects" in at least one project.',
    },
    {
      level: 'ok',
      setting: 'update_comments',
      message: 'The account has the permission "Add comments" in at least one project.',
    },
    {
      level: 'ok',
      setting: 'update_state',
      message: 'The account has the permission "Transition issues" in at least one project.',
    },
    {
      level: 'ok',
      setting: 'update_state',
      message: 'The account has the permission "Resolve issues" in at least one project.',
    },
    { level: 'ok', setting: 'resolution', message: 'JIRA has the resolution "Fixed".' },
    {
      level: 'ok',
      setting: 'states',
      message: 'What each state would do to a ticket is not tried: no ticket is known without filter_id.',
    },
    {
      level: 'ok',
      setting: 'comment_visibility',
      message: 'JIRA has the role "Developers"; the account must have it in each project.',
    },
  ])
})

t.test('a login that JIRA answers with what anybody may see is found out', async (t) => {
  const settings = { api_username: 'relay', api_password: 'expired' }
  const [finding, ...rest] = await findings(
    await open(t, { deployment: 'Cloud', anonymous: ['BROWSE_PROJECTS'] }, settings),
  )
  t.strictSame(rest, [])
  t.match(finding, {
    level: 'error',
    setting: 'api_password',
    message: /does not accept api_username and api_password/,
  })
  t.notMatch(finding?.message, /expired/)
})

t.test('each login that does not work is about its setting', async (t) => {
  t.match(await findings(await open(t, {}, { personal_access_token: 'old' })), [
    { level: 'error', setting: 'personal_access_token', message: /run out or was revoked/ },
  ])
  t.match(await findings(await open(t, { basicAuth: false }, { api_username: 'a', api_password: 'b' })), [
    { level: 'error', setting: 'api_password', message: /use personal_access_token/ },
  ])
  t.match(await findings(await open(t, {}, { oauth_token: 'x' })), [
    { level: 'error', setting: 'oauth_token', message: /set a new one/ },
  ])
})

t.test('an address at which there is no JIRA is about the address', async (t) => {
  const opened = await open(t, { contextPath: '/jira' })
  const wrong = await open(t, {}, { base_url: opened.target.url })
  t.match(await findings(wrong), [{ level: 'error', setting: 'base_url', message: /it answered 404. Add the path/ }])
  const page = await open(t, {}, { api_base_url: opened.target.url })
  opened.target.fault({ status: 200, headers: { 'content-type': 'text/html' }, body: '<!DOCTYPE html>' })
  t.match(await findings(page), [{ level: 'error', setting: 'api_base_url', message: /a web page/ }])
  await opened.target.close()
  t.match(await findings(page), [{ level: 'error', setting: 'api_base_url' }])
})

t.test('a JIRA that is too old is found', async (t) => {
  t.match(await troublesOf(t, { version: '6.4.14' }, {}), [
    { level: 'error', setting: 'base_url', message: 'This is JIRA Server 6.4.14; the relay needs JIRA 7 or later.' },
  ])
})

t.test('a permission that is missing is named, with the setting that does without', async (t) => {
  const without = (permission: string): JiraOptions => ({
    users: [relayUser({ permissions: ALL_PERMISSIONS.filter((each) => each !== permission) })],
  })
  t.match(await troublesOf(t, without('ADD_COMMENTS'), {}), [
    {
      level: 'error',
      setting: 'update_comments',
      message: /"Add comments" in no project.*set update_comments to false/,
    },
  ])
  t.match(await troublesOf(t, without('TRANSITION_ISSUES'), {}), [
    {
      level: 'error',
      setting: 'update_state',
      message: /"Transition issues" in no project.*set update_state to false/,
    },
  ])
  t.match(await troublesOf(t, without('RESOLVE_ISSUES'), {}), [{ level: 'warning', setting: 'update_state' }])
  t.strictSame(await troublesOf(t, without('ADD_COMMENTS'), { update_comments: false }), [])
  t.strictSame(await troublesOf(t, without('RESOLVE_ISSUES'), { states: { accepted: null } }), [])
})

t.test('a resolution, a status, a role or a group that JIRA does not have is found', async (t) => {
  t.match(await troublesOf(t, {}, { resolution: 'Shipped' }), [
    {
      level: 'error',
      setting: 'resolution',
      message: 'JIRA has no resolution "Shipped"; it has "Fixed", "Won\'t Fix", "Done".',
    },
  ])
  t.match(await troublesOf(t, {}, { states: { finished: { status: ['Review', 'Closed'] } } }), [
    { level: 'error', setting: 'states.finished', message: /no status "Review"; it has "Open", "In Progress"/ },
  ])
  t.match(await troublesOf(t, {}, { comment_visibility: { type: 'role', value: 'Officers' } }), [
    { level: 'error', setting: 'comment_visibility', message: /no role "Officers"/ },
  ])
  t.match(await troublesOf(t, {}, { comment_visibility: { type: 'group', value: 'officers' } }), [
    { level: 'error', setting: 'comment_visibility', message: /not in the group "officers".*no comment is posted/ },
  ])
  t.strictSame(await troublesOf(t, {}, { comment_visibility: { type: 'group', value: 'jira-software-users' } }), [])
})

t.test('a question that the account may not ask does not end the check', async (t) => {
  const opened = await open(t, {}, { comment_visibility: { type: 'role', value: 'Developers' } })
  opened.target.fault(
    { status: 403, headers: { 'content-type': 'application/json' }, body: '{"errorMessages":["Admins only"]}' },
    { where: ({ path }) => path.endsWith('/role') },
  )
  t.match(troubles(await findings(opened)), [
    { level: 'warning', setting: 'comment_visibility', message: /^This could not be checked/ },
  ])
})

t.test('what a story that is moved back would do to a ticket in progress is said too', async (t) => {
  const status = { id: '3', name: 'In Progress', statusCategory: { key: 'indeterminate' } }
  const { target, session } = await open(
    t,
    {
      filters: [{ id: '10000', name: 'All', jql: 'project = TEST', finds: [] }],
      answerSearch: ({ startAt, maxResults }) => ({
        ...{ startAt, maxResults, total: 1 },
        issues: [{ key: 'TEST-2', fields: { status } }],
      }),
    },
    { filter_id: 10000 },
  )
  target.add('TEST-2', { status: '3' })
  const found = (await session.check?.())?.filter(({ setting }) => setting?.startsWith('states.un'))
  t.match(
    found,
    ['unscheduled', 'unstarted'].map((state) => ({
      level: 'ok',
      setting: `states.${state}`,
      message: 'Moves a ticket from "In Progress" to "Open" by "Stop Progress".',
    })),
  )
})

t.test('what each state would do to tickets of the filter is said before anything is lost', async (t) => {
  const workflow = changed(classic, '4', { requires: 'Sprint goal' })
  const { target, session } = await open(
    t,
    {
      workflow,
      resolutions: [
        { id: '3', name: 'Duplikat' },
        { id: '4', name: 'Erledigt' },
      ],
      filters: [{ id: '10000', name: 'All', jql: 'project = TEST', finds: [] }],
      answerSearch: ({ startAt, maxResults }) => ({
        ...{ startAt, maxResults, total: 2 },
        issues: ['TEST-1', 'TEST-2'].map((key) => ({ key, fields: { status: statusOf(key) } })),
      }),
    },
    { filter_id: 10000 },
  )
  target.add('TEST-2', { status: '5' })
  const statusOf = (key: string) =>
    key === 'TEST-1'
      ? { id: '1', name: 'Open', statusCategory: { key: 'new' } }
      : { id: '5', name: 'Resolved', statusCategory: { key: 'done' } }
  const found = (await session.check?.())?.filter(({ setting }) => setting?.startsWith('states'))
  t.match(found, [
    {
      level: 'ok',
      setting: 'states.started',
      message: 'Moves a ticket from "Resolved" to "Reopened" by "Reopen Issue".',
    },
    {
      level: 'ok',
      setting: 'states.rejected',
      message: 'Moves a ticket from "Resolved" to "Reopened" by "Reopen Issue".',
    },
    {
      level: 'warning',
      setting: 'states.started',
      message: /^TEST-1 could not follow its story to started: .*Sprint goal/,
    },
    ...['finished', 'delivered'].map((state) => ({
      level: 'warning',
      setting: `states.${state}`,
      message: /Sprint goal/,
    })),
    {
      level: 'warning',
      setting: 'states.accepted',
      message: /TEST-1 .*set resolution to one of "Duplikat", "Erledigt"/,
    },
  ])
  t.strictSame(
    target.requests.filter(({ path, method }) => method === 'POST' && path.includes('/issue/')),
    [],
  )
})
