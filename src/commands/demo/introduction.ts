import { addressOf } from './import-panel.ts'
import { type DemoRelay, PROJECT_ID } from './relay.ts'
import type { RunningTarget, Target } from './target.ts'
import { WORKSPACES } from './workspaces/workspaces.ts'

/** A target whose stand-in runs. */
export interface Started {
  readonly target: Target
  readonly running: RunningTarget
}

/** Tells where everything is. */
export function introduce(
  { url, page, hookOf, logFile, configFile }: DemoRelay,
  started: readonly Started[],
  tell: (text: string) => void,
): void {
  tell(`Tracker Relay listens on ${url}`)
  tell(`  page:      ${page}`)
  tell(`  web hook:  ${hookOf(PROJECT_ID)}`)
  for (const { name, title } of WORKSPACES) tell(`  ${`${title}:`.padEnd(10)} ${hookOf(name)}`)
  tell(`  metrics:   ${url}/metrics`)
  tell(`  log:       ${logFile}`)
  for (const { target } of started)
    if (target.panel !== undefined) tell(`  import:    ${addressOf(url, target)}  the login is in ${configFile}`)
  tell('Stand-ins of its targets:')
  const longest = Math.max(...started.map(({ target }) => target.name.length))
  for (const { target, running } of started)
    tell(`  ${target.name.padEnd(longest)}  ${running.standIn.url}  ${target.title}`)
}

/** Gives the target its bad start, or takes it down for good. */
export function upset(
  { target, running }: Started,
  { broken, tell }: { readonly broken: string | null; tell(text: string): void },
): void {
  if (target.name === broken) {
    running.standIn.down({ status: 503, headers: { 'content-type': 'text/html' }, body: 'Down for maintenance' })
    tell(`\n${target.title} is down, and stays so.`)
  } else if (target.stumble !== undefined) tell(`\n${target.title} has a bad start: it ${target.stumble(running)}.`)
}
