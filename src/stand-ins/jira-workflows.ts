/** Workflows for the JIRA stand-in: JIRA's classic one, its simplified one, and ones with difficulties. */

export interface WorkflowStatus {
  readonly id: string
  readonly name: string
  readonly category: 'new' | 'indeterminate' | 'done'
}

export interface WorkflowAction {
  readonly id: string
  readonly name: string
  /** Ids of the statuses it starts from; null: from any other. */
  readonly from: readonly string[] | null
  readonly to: string
  readonly assigneeOnly?: boolean
  /** What the account needs beside "Transition issues". */
  readonly permission?: string
  /**
   * How the action takes a resolution: on its screen and required, on its screen, not on its screen and refused, or
   * required by a validator although the list of fields does not show it.
   */
  readonly resolution?: 'required' | 'optional' | 'required but not listed' | 'listed but refused'
  /** Another field that the screen requires, by its name. */
  readonly requires?: string
}

export interface Workflow {
  readonly statuses: readonly WorkflowStatus[]
  readonly actions: readonly WorkflowAction[]
}

/** Status ids and names of a JIRA that was set up before 2014 or with the "classic" template. */
export const classic: Workflow = {
  statuses: [
    { id: '1', name: 'Open', category: 'new' },
    { id: '3', name: 'In Progress', category: 'indeterminate' },
    { id: '4', name: 'Reopened', category: 'new' },
    { id: '5', name: 'Resolved', category: 'done' },
    { id: '6', name: 'Closed', category: 'done' },
  ],
  actions: [
    { id: '4', name: 'Start Progress', from: ['1', '4'], to: '3', assigneeOnly: true },
    { id: '301', name: 'Stop Progress', from: ['3'], to: '1', assigneeOnly: true },
    {
      id: '2',
      name: 'Close Issue',
      from: ['1', '3', '4'],
      to: '6',
      permission: 'CLOSE_ISSUES',
      resolution: 'required',
    },
    {
      id: '5',
      name: 'Resolve Issue',
      from: ['1', '3', '4'],
      to: '5',
      permission: 'RESOLVE_ISSUES',
      resolution: 'required',
    },
    { id: '701', name: 'Close Issue', from: ['5'], to: '6', permission: 'CLOSE_ISSUES' },
    { id: '3', name: 'Reopen Issue', from: ['5', '6'], to: '4', permission: 'RESOLVE_ISSUES' },
  ],
}

/** What JIRA Cloud gives a new project: any status from any other. */
export const simplified: Workflow = {
  statuses: [
    { id: '10000', name: 'To Do', category: 'new' },
    { id: '10001', name: 'In Progress', category: 'indeterminate' },
    { id: '10002', name: 'Done', category: 'done' },
  ],
  actions: [
    { id: '11', name: 'To Do', from: null, to: '10000' },
    { id: '21', name: 'In Progress', from: null, to: '10001' },
    { id: '31', name: 'Done', from: null, to: '10002' },
  ],
}

/** The same workflow in other words; in JIRA only the ids and the categories stay. */
export function renamed(workflow: Workflow, names: Readonly<Record<string, string>>): Workflow {
  const rename = <T extends { readonly name: string }>(thing: T): T => ({
    ...thing,
    name: names[thing.name] ?? thing.name,
  })
  return { statuses: workflow.statuses.map(rename), actions: workflow.actions.map(rename) }
}

/** The same workflow with one action changed. */
export function changed(workflow: Workflow, id: string, change: Partial<WorkflowAction>): Workflow {
  return { ...workflow, actions: workflow.actions.map((each) => (each.id === id ? { ...each, ...change } : each)) }
}
