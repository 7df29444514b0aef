import { type JiraStandIn, relayUser, startJira } from '../stand-ins/jira.ts'
import { classic } from '../stand-ins/jira-workflows.ts'
import { CommandFailed } from './command-failed.ts'
import { wholeNumber } from './environment.ts'
import { print } from './print.ts'
import { UsageError } from './usage-error.ts'

interface Options {
  readonly port: string
}

const TICKETS = [
  { key: 'ENT-17', id: '17', summary: 'More power to shields' },
  { key: 'ENT-18', id: '18', summary: 'Viewscreen flickers at warp 6' },
] as const
const FILTER = { id: '10017', name: 'Open', jql: 'project = ENT ORDER BY key' }

/** Long enough not to be felt by the machine, short enough not to be felt by a person. */
const LOOK_MS = 100

/** `tracker-relay stand-in jira`: a JIRA to try the relay with, that shows what is written to it, until Ctrl-C. */
export async function standIn(target: string, { port }: Options): Promise<void> {
  if (target !== 'jira') throw new UsageError(`there is a stand-in of jira, not of "${target}"`)
  const jira = await startJira({
    port: wholeNumber(port, '--port'),
    filters: [{ ...FILTER, finds: TICKETS.map(({ id, key, summary }) => ({ id, key, fields: fieldsOf(summary) })) }],
  }).catch((error: unknown) => {
    throw new CommandFailed(`cannot listen on 127.0.0.1:${port}: ${(error as Error).message}`)
  })
  for (const { key, summary } of TICKETS) jira.add(key, { summary })
  introduce(jira)
  const looking = setInterval(showWrites(jira), LOOK_MS)
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
  })
  clearInterval(looking)
  await jira.close()
}

function fieldsOf(summary: string): Record<string, unknown> {
  return {
    summary,
    status: { id: '1', name: statusName('1'), statusCategory: { key: 'new' } },
    description: null,
    reporter: { displayName: 'James Kirk' },
    created: '2009-12-14T09:00:00.000+0000',
    issuetype: { name: 'Bug' },
  }
}

function introduce({ url, tickets }: JiraStandIn): void {
  print(`A stand-in of JIRA listens on ${url}`)
  print(`  personal_access_token: ${relayUser().personalAccessToken}`)
  print(`  filter_id:             ${FILTER.id}`)
  for (const { key, summary, status } of tickets.values()) print(`  ${key}  ${statusName(status)}  ${summary}`)
}

/** A function that prints what was written since it was called last. */
function showWrites({ tickets }: JiraStandIn): () => void {
  const shown = new Map<string, { comments: number; moves: number }>()
  return () => {
    for (const { key, comments, history } of tickets.values()) {
      const before = shown.get(key) ?? { comments: 0, moves: 0 }
      for (const { to } of history.slice(before.moves)) print(`${key} moved to ${statusName(to)}`)
      for (const { author, body } of comments.slice(before.comments))
        print(`${key} has a comment by ${author ?? 'somebody'}:\n${body.replace(/^(?=.)/gm, '  ')}`)
      shown.set(key, { comments: comments.length, moves: history.length })
    }
  }
}

function statusName(id: string): string {
  return classic.statuses.find((status) => status.id === id)?.name ?? id
}
