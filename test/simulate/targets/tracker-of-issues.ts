import type { Request } from '../../../src/http/send.ts'
import { type Answer, type Target, textOf } from './target.ts'

interface Note {
  readonly id: number
  readonly body: string
  readonly created_at: string
  readonly author: { readonly id: number }
}

interface Issue {
  state: 'opened' | 'closed'
  readonly labels: Set<string>
  readonly notes: Note[]
}

const ME = { id: 7, username: 'relay' }
const A_PAGE = 100

/** GitLab, as far as its connector writes: notes found again by their mark, and issues with a state and labels. */
export function createIssues(host: string): Target {
  const issues = new Map<string, Issue>()
  let lastId = 0

  function issueOf(iid: string): Issue {
    const known = issues.get(iid)
    if (known !== undefined) return known
    const issue: Issue = { state: 'opened', labels: new Set(), notes: [] }
    issues.set(iid, issue)
    return issue
  }

  const shown = (iid: string, { state, labels }: Issue): object => ({ iid: Number(iid), state, labels: [...labels] })

  function notes({ notes }: Issue, query: URLSearchParams): Answer {
    const from = (Number(query.get('page') ?? 1) - 1) * A_PAGE
    return { status: 200, body: [...notes].reverse().slice(from, from + A_PAGE) }
  }

  function addNote(issue: Issue, body: string, at: number): Answer {
    lastId += 1
    const note = { id: lastId, body, created_at: new Date(at).toISOString(), author: ME }
    issue.notes.push(note)
    return { status: 201, body: note, wrote: `note ${lastId}` }
  }

  function update(iid: string, issue: Issue, change: Readonly<Record<string, string>>): Answer {
    if (change.state_event !== undefined) issue.state = change.state_event === 'close' ? 'closed' : 'opened'
    for (const label of listed(change.add_labels)) issue.labels.add(label)
    for (const label of listed(change.remove_labels)) issue.labels.delete(label)
    return { status: 200, body: shown(iid, issue), wrote: `issue ${iid} ${issue.state} ${[...issue.labels]}` }
  }

  return {
    host,
    handle(request: Request, at) {
      const { pathname, searchParams } = new URL(request.url)
      if (pathname === '/api/v4/user') return { status: 200, body: ME }
      const [, iid, rest] = /\/issues\/(\d+)(\/notes)?$/.exec(pathname) ?? []
      if (iid === undefined) return { status: 200, body: { id: 1, path_with_namespace: 'starfleet/enterprise' } }
      const issue = issueOf(iid)
      if (rest === undefined && request.method === 'GET') return { status: 200, body: shown(iid, issue) }
      if (rest === undefined) return update(iid, issue, JSON.parse(textOf(request)))
      if (request.method === 'GET') return notes(issue, searchParams)
      return addNote(issue, JSON.parse(textOf(request)).body, at)
    },
  }
}

const listed = (labels: string | undefined): string[] => (labels === undefined ? [] : labels.split(','))
