import t from 'tap'
import { changed, classic, renamed, simplified, type Workflow } from '../../../src/stand-ins/jira-workflows.ts'
import { failure } from '../../harness.ts'
import { ALL_PERMISSIONS, relayUser } from '../../targets/jira.ts'
import { isWrite, open, stateJob } from './setup.ts'

const GERMAN = {
  Open: 'Offen',
  'In Progress': 'In Arbeit',
  Reopened: 'Wieder geöffnet',
  Resolved: 'Erledigt',
  Closed: 'Geschlossen',
  'Start Progress': 'Arbeit beginnen',
  'Stop Progress': 'Arbeit beenden',
  'Resolve Issue': 'Vorgang lösen',
  'Close Issue': 'Vorgang schließen',
  'Reopen Issue': 'Erneut öffnen',
}

type Case = [state: string, from: string, to: string, actions: number, storyFrom?: string]

const CLASSIC: Case[] = [
  ['started', 'Open', 'In Progress', 1],
  ['started', 'Reopened', 'In Progress', 1],
  ['started', 'In Progress', 'In Progress', 0],
  ['started', 'Resolved', 'In Progress', 2],
  ['started', 'Closed', 'In Progress', 2],
  ['unstarted', 'In Progress', 'In Progress', 0],
  ['unstarted', 'Resolved', 'Resolved', 0],
  ['unstarted', 'Open', 'Open', 0, 'started'],
  ['unscheduled', 'In Progress', 'Open', 1, 'started'],
  ['planned', 'In Progress', 'Open', 1, 'rejected'],
  ['unstarted', 'In Progress', 'Open', 1, 'started'],
  ['unstarted', 'Resolved', 'Resolved', 0, 'started'],
  ['unscheduled', 'In Progress', 'Open', 1, 'delivered'],
  ['unstarted', 'Resolved', 'Reopened', 1, 'accepted'],
  ['unstarted', 'In Progress', 'Open', 1, 'accepted'],
  ['planned', 'Closed', 'Reopened', 1, 'accepted'],
  ['unstarted', 'In Progress', 'In Progress', 0, 'unscheduled'],
  ['unstarted', 'Resolved', 'Resolved', 0, 'unscheduled'],
  ['planned', 'In Progress', 'In Progress', 0, 'unstarted'],
  ['unscheduled', 'Resolved', 'Resolved', 0, 'planned'],
  ['finished', 'In Progress', 'In Progress', 0],
  ['delivered', 'In Progress', 'In Progress', 0],
  ['finished', 'Open', 'In Progress', 1],
  ['finished', 'Open', 'In Progress', 1, 'unstarted'],
  ['delivered', 'Reopened', 'In Progress', 1, 'unscheduled'],
  ['finished', 'Resolved', 'Resolved', 0],
  ['finished', 'Resolved', 'Resolved', 0, 'delivered'],
  ['delivered', 'Resolved', 'In Progress', 2, 'accepted'],
  ['finished', 'Closed', 'In Progress', 2, 'accepted'],
  ['delivered', 'In Progress', 'In Progress', 0, 'accepted'],
  ['accepted', 'Open', 'Resolved', 1],
  ['accepted', 'In Progress', 'Resolved', 1],
  ['accepted', 'Reopened', 'Resolved', 1],
  ['accepted', 'Resolved', 'Resolved', 0],
  ['accepted', 'Closed', 'Closed', 0],
  ['rejected', 'Resolved', 'Reopened', 1],
  ['rejected', 'Closed', 'Reopened', 1],
  ['rejected', 'In Progress', 'In Progress', 0],
  ['unheard of', 'Open', 'Open', 0],
]

const SIMPLIFIED: Case[] = [
  ['started', 'To Do', 'In Progress', 1],
  ['started', 'Done', 'In Progress', 1],
  ['unstarted', 'In Progress', 'To Do', 1, 'started'],
  ['unstarted', 'In Progress', 'In Progress', 0, 'unscheduled'],
  ['finished', 'To Do', 'In Progress', 1, 'unstarted'],
  ['delivered', 'Done', 'In Progress', 1, 'accepted'],
  ['accepted', 'To Do', 'Done', 1],
  ['accepted', 'In Progress', 'Done', 1],
  ['rejected', 'Done', 'To Do', 1],
  ['rejected', 'In Progress', 'In Progress', 0],
]

for (const [name, workflow, cases] of [
  ['the classic workflow', classic, CLASSIC],
  ['the simplified workflow', simplified, SIMPLIFIED],
  [
    'the classic workflow in German',
    renamed(classic, GERMAN),
    CLASSIC.map(
      ([state, from, to, ...rest]): Case => [
        state,
        GERMAN[from as keyof typeof GERMAN],
        GERMAN[to as keyof typeof GERMAN],
        ...rest,
      ],
    ),
  ],
] as const) {
  t.test(`a ticket follows its story through ${name}`, async (t) => {
    const { target, perform, confirm } = await open(t, { workflow })
    for (const [index, [state, from, to, actions, storyFrom = null]] of cases.entries()) {
      const key = `CASE-${index + 1}`
      target.add(key, { status: idOf(workflow, from) })
      const before = target.requests.filter(isWrite).length
      const job = stateJob(state, { ticket: key, from: storyFrom })
      await perform(job)
      const took = target.requests.filter(isWrite).length - before
      t.strictSame([target.statusOf(key), took], [to, actions], `${state} from ${from}, the story from ${storyFrom}`)
      t.not(await confirm(job, new Date()), 'absent', `${state} is confirmed`)
      await perform(job)
      t.equal(target.requests.filter(isWrite).length - before, actions, `${state} again does nothing`)
    }
  })
}

function idOf(workflow: Workflow, name: string): string {
  return workflow.statuses.find((each) => each.name === name)?.id ?? ''
}

t.test('a ticket is resolved with a resolution', async (t) => {
  for (const [settings, resolution] of [
    [{}, 'Fixed'],
    [{ resolution: 'Done' }, 'Done'],
    [{ resolution: "won't fix" }, "Won't Fix"],
    [{ resolution: '10000' }, 'Done'],
  ] as const) {
    const { target, perform } = await open(t, {}, settings)
    const receipt = await perform(stateJob('accepted'))
    t.strictSame(receipt, { url: `${target.url}/browse/TEST-1`, note: 'Open -> Resolved' })
    t.equal(target.ticket('TEST-1').resolution, resolution)
  }
})

t.test('each action is told before it is taken, by the status that it leads to', async (t) => {
  const { target, perform } = await open(t)
  const foretold: unknown[] = []
  const told = (state: string) => ({
    ...stateJob(state),
    foretell: async (write: object) => void foretold.push({ ...write, status: target.statusOf('TEST-1') }),
  })
  const page = `${target.url}/browse/TEST-1`
  await perform(told('accepted'))
  await perform(told('accepted'))
  await perform(told('started'))
  t.strictSame(foretold, [
    { page, changes: ['=resolved'], status: 'Open' },
    { page, changes: ['=reopened'], status: 'Resolved' },
    { page, changes: ['=in progress'], status: 'Reopened' },
  ])
})

t.test('a resolution that the project does not have is refused before anything is written', async (t) => {
  const { target, perform } = await open(t, {}, { resolution: 'Shipped' })
  const error = await failure(perform(stateJob('accepted')))
  t.equal(error.verdict, 'dead')
  t.match(
    error.message,
    /"Shipped" is not on the action's screen; set resolution to one of "Fixed", "Won't Fix", "Done"/,
  )
  t.strictSame(target.requests.filter(isWrite), [])
})

const IN_GERMAN = [
  { id: '3', name: 'Duplikat' },
  { id: '2', name: 'Wird nicht behoben' },
  { id: '4', name: 'Unvollständig' },
]

t.test('a JIRA in another language is asked for the usual resolution by its id', async (t) => {
  for (const [usual, resolutions] of [
    ['Behoben', [...IN_GERMAN, { id: '1', name: 'Behoben' }, { id: '10000', name: 'Fertig' }]],
    ['Fertig', [...IN_GERMAN, { id: '10000', name: 'Fertig' }]],
    ['Duplikat', IN_GERMAN.slice(0, 1)],
  ] as const) {
    const { target, perform } = await open(t, { resolutions })
    await perform(stateJob('accepted'))
    t.equal(target.ticket('TEST-1').resolution, usual)
  }
})

t.test('a resolution that could mean anything is never guessed', async (t) => {
  for (const resolution of ['required', 'required but not listed'] as const) {
    const workflow = changed(classic, '5', { resolution })
    const { target, perform } = await open(t, { workflow, resolutions: IN_GERMAN })
    const error = await failure(perform(stateJob('accepted')))
    t.equal(error.verdict, 'dead')
    t.match(error.message, /not known; set resolution to one of "Duplikat", "Wird nicht behoben", "Unvollständig"/)
    t.equal(target.statusOf('TEST-1'), 'Open')
    const set = await open(t, { workflow, resolutions: IN_GERMAN }, { resolution: 'unvollständig' })
    await set.perform(stateJob('accepted'))
    t.equal(set.target.ticket('TEST-1').resolution, 'Unvollständig')
  }
  const optional = await open(t, {
    workflow: changed(classic, '5', { resolution: 'optional' }),
    resolutions: IN_GERMAN,
  })
  await optional.perform(stateJob('accepted'))
  t.strictSame([optional.target.statusOf('TEST-1'), optional.target.ticket('TEST-1').resolution], ['Resolved', null])
})

t.test('fields that an action asks for are filled from transition_fields, by id or name', async (t) => {
  const workflow = changed(classic, '4', { requires: 'Sprint goal' })
  for (const transition_fields of [
    { customfield_10010: 'yes' },
    { 'sprint goal': 20001, 'Not on this screen': 'x' },
    { 'Sprint goal': { id: '20001' } },
  ]) {
    const { target, perform } = await open(t, { workflow }, { transition_fields })
    await perform(stateJob('started'))
    t.equal(target.statusOf('TEST-1'), 'In Progress')
    const written = target.requests.find(isWrite)?.body.toString() ?? ''
    t.strictSame(JSON.parse(written).fields, { customfield_10010: { id: '20001' } })
    await perform(stateJob('accepted'))
    t.equal(target.statusOf('TEST-1'), 'Resolved', 'an action without the field is not sent it')
  }
})

t.test('a resolution is sent again with or without, as the action turns out to want it', async (t) => {
  for (const [rule, resolution] of [
    ['required but not listed', 'Fixed'],
    ['listed but refused', null],
    ['optional', 'Fixed'],
  ] as const) {
    const { target, perform } = await open(t, { workflow: changed(classic, '5', { resolution: rule }) })
    await perform(stateJob('accepted'))
    t.strictSame([target.statusOf('TEST-1'), target.ticket('TEST-1').resolution], ['Resolved', resolution], rule)
  }
})

t.test('an action can be configured by id, by name, or by the status it leads to', async (t) => {
  for (const goal of [
    { transition: 2 },
    { transition: '2' },
    { transition: ['Ship it', 'close issue'] },
    { status: 'Closed' },
    { status: ['Shipped', 'Closed'] },
    { status: 6 },
    { category: 'done', status: 'Closed' },
  ]) {
    const { target, perform } = await open(t, {}, { states: { finished: goal } })
    await perform(stateJob('finished'))
    t.equal(target.statusOf('TEST-1'), 'Closed', JSON.stringify(goal))
  }
})

t.test('a state that is mapped to null leaves the ticket alone', async (t) => {
  const { target, perform, confirm } = await open(t, {}, { states: { started: null } })
  const nothing = { url: `${target.url}/browse/TEST-1`, note: 'states.started: nothing to do' }
  t.strictSame(await perform(stateJob('started')), nothing)
  t.strictSame(await confirm(stateJob('started'), new Date()), nothing)
  t.strictSame(target.requests, [])
})

t.test('several actions of the wanted category are never guessed between', async (t) => {
  const workflow: Workflow = {
    statuses: [
      { id: '10000', name: 'To Do', category: 'new' },
      { id: '10001', name: 'Coding', category: 'indeterminate' },
      { id: '10002', name: 'Waiting', category: 'indeterminate' },
    ],
    actions: [
      { id: '11', name: 'Code', from: ['10000'], to: '10001' },
      { id: '21', name: 'Wait', from: ['10000'], to: '10002' },
    ],
  }
  const { target, perform } = await open(t, { workflow })
  const error = await failure(perform(stateJob('started')))
  t.equal(error.verdict, 'dead')
  t.equal(
    error.message,
    'TEST-1 cannot follow its story to started: several actions would do (11 "Code" to "Coding", 21 "Wait" to ' +
      '"Waiting"); name the right one in states.started.',
  )
  t.strictSame(target.requests.filter(isWrite), [])

  const configured = await open(
    t,
    { workflow },
    { states: { started: { category: 'indeterminate', status: 'Waiting' } } },
  )
  await configured.perform(stateJob('started'))
  t.equal(configured.target.statusOf('TEST-1'), 'Waiting')
})

t.test('two actions to one status are no reason to stop, and the one that asks for nothing is taken', async (t) => {
  const start = classic.actions[0]
  if (start === undefined) throw new Error('no action')
  const workflow = {
    ...classic,
    actions: [{ ...start, id: '99', name: 'Start with form', requires: 'Estimate' }, ...classic.actions],
  }
  const { target, perform } = await open(t, { workflow })
  await perform(stateJob('started'))
  t.equal(target.statusOf('TEST-1'), 'In Progress')
})

t.test('an action that asks for more than a resolution is reported before anything is written', async (t) => {
  const { target, perform } = await open(t, { workflow: changed(classic, '4', { requires: 'Sprint goal' }) })
  const error = await failure(perform(stateJob('started')))
  t.equal(error.verdict, 'dead')
  t.match(error.message, /asks for fields that the relay cannot fill \(Sprint goal\)/)
  t.strictSame(target.requests.filter(isWrite), [])
})

t.test('an account without the right to transition is told which permission it lacks', async (t) => {
  const users = [relayUser({ permissions: ['BROWSE_PROJECTS', 'ADD_COMMENTS'] })]
  const { perform } = await open(t, { users })
  const error = await failure(perform(stateJob('started')))
  t.equal(error.verdict, 'dead')
  t.match(error.message, /no action at all in the status "Open": give it the permission "Transition issues"/)
})

t.test('an account that is not the assignee is told so by what it is offered', async (t) => {
  const { target, perform } = await open(t)
  target.add('TEST-2', { assignee: 'human' })
  const error = await failure(perform(stateJob('started', { ticket: 'TEST-2' })))
  t.equal(error.verdict, 'dead')
  t.match(error.message, /"Open"; the account is offered 2 "Close Issue" to "Closed", 5 "Resolve Issue" to "Resolved"/)
  t.match(error.message, /only the assignee may start progress/)
})

t.test('an account that may not resolve is told so by what it is offered', async (t) => {
  const users = [relayUser({ permissions: ALL_PERMISSIONS.filter((each) => !/RESOLVE|CLOSE/.test(each)) })]
  const { perform } = await open(t, { users })
  t.match((await failure(perform(stateJob('accepted')))).message, /"Resolve issues", "Close issues"/)
})

t.test('a strict workflow is walked through to the end', async (t) => {
  const workflow = { ...classic, actions: classic.actions.filter(({ from }) => from?.includes('1') !== true) }
  const strict = {
    ...workflow,
    actions: [
      { id: '4', name: 'Start Progress', from: ['1', '4'], to: '3' },
      { id: '5', name: 'Resolve Issue', from: ['3'], to: '5', resolution: 'required' as const },
      ...workflow.actions,
    ],
  }
  const { target, perform } = await open(t, { workflow: strict })
  await perform(stateJob('accepted'))
  t.strictSame(
    target.ticket('TEST-1').history.map(({ from, to }) => [from, to]),
    [
      ['1', '3'],
      ['3', '5'],
    ],
  )
})

t.test('a rejected ticket that cannot go back to the beginning is at least reopened', async (t) => {
  const workflow: Workflow = {
    statuses: simplified.statuses,
    actions: [{ id: '51', name: 'Reopen', from: ['10002'], to: '10001' }],
  }
  const { target, perform, confirm } = await open(t, { workflow })
  target.move('TEST-1', '10002')
  t.match(await perform(stateJob('rejected')), { note: 'left in status In Progress' })
  t.equal(target.statusOf('TEST-1'), 'In Progress')
  t.not(await confirm(stateJob('rejected'), new Date()), 'absent')
})

t.test('after a lost answer the status says that the ticket was moved, and it is not moved again', async (t) => {
  const { target, perform, confirm } = await open(t)
  const since = new Date()
  target.fault('lose the answer', { where: isWrite })
  t.equal((await failure(perform(stateJob('accepted')))).verdict, 'in doubt')
  t.strictSame(await confirm(stateJob('accepted'), since), {
    url: `${target.url}/browse/TEST-1`,
    note: 'already in status Resolved',
  })
  t.equal(target.ticket('TEST-1').history.length, 1)
})

t.test('a way of two actions that breaks off between them is gone on with from there', async (t) => {
  for (const [fault, left] of [
    ['lose the answer', 'Reopened'],
    ['reset', 'Resolved'],
  ] as const) {
    const { target, perform, confirm } = await open(t)
    target.move('TEST-1', '5')
    target.fault(fault, { where: isWrite })
    t.equal((await failure(perform(stateJob('started')))).verdict, 'in doubt')
    t.equal(target.statusOf('TEST-1'), left)
    t.equal(await confirm(stateJob('started'), new Date()), 'absent', 'only the end of the way counts')
    await perform(stateJob('started'))
    t.strictSame(
      target.ticket('TEST-1').history.map(({ to }) => to),
      ['4', '3'],
      fault,
    )
  }
})

t.test('an action that is known by its name alone is confirmed from the history of the ticket', async (t) => {
  const states = { finished: { transition: 'Close Issue' } }
  const { target, perform, confirm } = await open(t, {}, { states })
  const since = new Date()
  t.equal(await confirm(stateJob('finished'), since), 'absent')
  target.ticket('TEST-1').history.push({ at: new Date(), author: 'human', from: '1', to: '6' })
  target.ticket('TEST-1').history.push({ at: new Date(since.getTime() - 60_000), author: 'relay', from: '1', to: '6' })
  t.equal(await confirm(stateJob('finished'), since), 'absent', 'not by somebody else, not before')
  target.fault('lose the answer', { where: isWrite })
  t.equal((await failure(perform(stateJob('finished')))).verdict, 'in doubt')
  t.match(await confirm(stateJob('finished'), since), { note: 'already in status Closed' })
})

t.test('a ticket that somebody else moved in the meantime is looked at again', async (t) => {
  const faster = await open(t)
  faster.target.beforeNextAction(() => faster.target.move('TEST-1', '3'))
  t.match(await faster.perform(stateJob('started')), { note: 'already in status In Progress' })
  const elsewhere = await open(t)
  elsewhere.target.beforeNextAction(() => elsewhere.target.move('TEST-1', '6'))
  await elsewhere.perform(stateJob('started'))
  t.equal(elsewhere.target.statusOf('TEST-1'), 'In Progress')
})

t.test('a conflict is looked at again, and ends in a later try when it does not end', async (t) => {
  const conflict = { status: 409, headers: { 'content-type': 'application/json' }, body: '{"errorMessages":[]}' }
  const once = await open(t)
  once.target.fault(conflict, { where: isWrite })
  await once.perform(stateJob('started'))
  t.equal(once.target.statusOf('TEST-1'), 'In Progress')
  const always = await open(t)
  always.target.fault(conflict, { where: isWrite, times: 100 })
  t.equal((await failure(always.perform(stateJob('started')))).verdict, 'retry')
  t.equal(always.target.requests.filter(isWrite).length, 5)
})

t.test('an action that JIRA refuses is reported with its words and the setting', async (t) => {
  const { target, perform } = await open(t)
  const body = JSON.stringify({ errorMessages: ['Blocked by a validator.'], errors: {} })
  target.fault({ status: 400, headers: { 'content-type': 'application/json' }, body }, { where: isWrite })
  const error = await failure(perform(stateJob('started')))
  t.strictSame([error.verdict, error.status], ['dead', 400])
  t.match(error.message, /400 to the action "Start Progress" on TEST-1: Blocked by a validator\..*states\.started/)
})

t.test('a ticket that is gone is not tried again', async (t) => {
  const { target, perform, confirm } = await open(t)
  target.remove('TEST-1')
  t.strictSame((await failure(perform(stateJob('started')))).verdict, 'dead')
  t.strictSame((await failure(confirm(stateJob('started'), new Date()))).verdict, 'dead')
})
