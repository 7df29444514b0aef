import type { Command } from 'commander'
import { noun, within, withRelay } from './noun.ts'

/** Declares the commands that look at a relay and steer it: the nouns and verbs of the admin API. */
export function addSteering(program: Command): void {
  addActivities(program)
  addDeliveries(program)
  addReplays(program)
  addIntegrations(program)
  addLinks(program)
  addRejected(program)
  addCatchUp(program)
  addImports(program)
  addRecords(program)
}

const command = (program: Command, usage: string, description: string): Command =>
  withRelay(within(program, usage, description))

/** Exit code 1 for what was not done or not found. */
function orFail(isDone: boolean): void {
  if (!isDone) process.exitCode = 1
}

const FROM = 'at this time or later: 2026-11-28T18:00, 2026-11-28 (UTC), or 2h, 7d ago'
const TO = 'at this time or earlier'
const LINES = 'one JSON object a line'

function paged(list: Command): Command {
  return list
    .option('-n, --limit <number>', 'how many at most', '50')
    .option('--all', 'all there are')
    .option('--json', LINES)
}

function several(word: string, before: readonly string[] = []): readonly string[] {
  return [...before, ...word.split(',')]
}

function chosen(one: Command): Command {
  return one
    .option('-i, --integration <name>', 'only those of this integration')
    .option('-p, --project <id>', 'only those of this project')
    .option('--story <id>', 'only those of this story')
    .option('--kind <kind>', 'only those of this kind: announce, comment, state, forward, notice')
    .option('--from <time>', FROM)
    .option('--to <time>', TO)
    .option('--text <words>', "ids of stories and tickets, the author's name, words of Tracker's sentence")
}

function asJob(one: Command): Command {
  return one
    .option('-y, --yes', 'do not ask')
    .option('--dry-run', 'only count them')
    .option('--no-wait', 'do not wait for the end: a running relay goes on with it')
    .option('--per-second <number>', 'how many are put into the queue in a second at most; default: 50')
    .option('--json', 'as JSON')
}

function addActivities(program: Command): void {
  const activities = noun(program, 'activities', 'look at what Tracker said happened, and what came of it', {
    description: 'the newest first',
    options: (list) =>
      paged(
        list
          .option('-p, --project <id>', 'only those of this project')
          .option('--story <id>', 'only those of this story')
          .option('--kind <kind>', "only those of this kind, Tracker's word such as story_update")
          .option('-i, --integration <name>', 'only those that caused a delivery for this integration')
          .option(
            '-s, --state <state>',
            'only those that caused a delivery that is in this state; open: any that waits',
          )
          .option('--from <time>', FROM)
          .option('--to <time>', TO)
          .option('--text <words>', "ids of stories and tickets, the author's name, words of Tracker's sentence"),
      ),
  })
  activities.listBy(async (options) => (await import('./activities.ts')).listActivities(options))
  activities
    .within('show <id>', 'one with what it caused in each integration and why, or why not')
    .option('--json', 'as JSON, with its body')
    .action(async (id, options) => (await import('./activities.ts')).showActivity(id, options))
  asJob(
    activities
      .within('replan [ids...]', "plan them anew with today's config; what was delivered is not repeated")
      .option('-p, --project <id>', 'all of this project')
      .option('--from <time>', FROM)
      .option('--to <time>', TO)
      .option('-i, --integration <name>', 'only for this integration; can be given several times', several)
      .option('--again', 'also repeat what was delivered or skipped'),
  ).action(async (ids, options) => orFail(await (await import('./replay.ts')).replanActivities(ids, options)))
}

function addDeliveries(program: Command): void {
  const deliveries = noun(program, 'deliveries', 'look at deliveries, and replay, skip or move them', {
    description: 'the newest first',
    options: (list) =>
      paged(
        chosen(list)
          .option('-s, --state <state>', 'only those in this state')
          .option('--digest <id>', 'only those that were sent in this digest')
          .option(
            '--unusual',
            'only those that did not simply arrive: dead, superseded, found there after a doubt, or in part',
          ),
      ),
  })
  deliveries.listBy(async (options) => (await import('./deliveries.ts')).listDeliveries(options))
  deliveries
    .within('show <id>', 'one delivery with all its attempts')
    .option('--json', 'as JSON, with what was sent and answered')
    .action(async (id, options) => (await import('./deliveries.ts')).showDelivery(id, options))
  // Each also without its noun.
  for (const each of [deliveries.within, (usage: string, about: string) => command(program, usage, about)]) {
    asJob(
      chosen(each('replay [ids...]', 'put settled deliveries back into the queue')).option(
        '-s, --state <state>',
        'dead, skipped or delivered; can be given several times; default: dead',
        several,
      ),
    ).action(async (ids, options) => orFail(await (await import('./replay.ts')).replayDeliveries(ids, options)))
    chosen(each('skip [ids...]', 'give open or dead deliveries up, so that their stories go on'))
      .option('-s, --state <state>', 'only in this state; can be given several times; default: all open ones', several)
      .option('--reason <text>', 'stands in the note of the delivery')
      .option('-y, --yes', 'do not ask')
      .option('--dry-run', 'only count them')
      .option('--json', 'as JSON')
      .action(async (ids, options) => orFail(await (await import('./skip.ts')).skipDeliveries(ids, options)))
    each('move <from> <to>', 'give what waits for a renamed or removed integration to another one of its type')
      .option('--type <type>', 'of the former integration, if the relay does not know it')
      .option('--json', 'as JSON')
      .action(async (from, to, options) => (await import('./move.ts')).moveDeliveries(from, to, options))
  }
}

function addReplays(program: Command): void {
  const replays = noun(program, 'replays', 'look at replays of many deliveries, and cancel them', {
    description: 'the newest first',
    options: (list) => paged(list.option('-s, --state <state>', 'running, done, cancelled or failed')),
  })
  replays.listBy(async (options) => (await import('./replays.ts')).listReplays(options))
  replays
    .within('show <id>', 'how far one is')
    .option('--json', 'as JSON')
    .action(async (id, options) => (await import('./replays.ts')).showReplay(id, options))
  replays
    .within('cancel <id>', 'put nothing more into the queue; what was stays there')
    .option('--json', 'as JSON')
    .action(async (id, options) => (await import('./replays.ts')).cancelReplay(id, options))
}

function addIntegrations(program: Command): void {
  const integrations = noun(program, 'integrations', 'how each integration stands', {
    description: 'in the order of the config',
    options: (list) => list.option('--json', LINES),
  })
  integrations.listBy(async (options) => (await import('./integrations.ts')).listIntegrations(options))
  integrations
    .within('show <name>', 'one with its limits and settings, without secrets')
    .option('--json', 'as JSON')
    .action(async (name, options) => (await import('./integrations.ts')).showIntegration(name, options))
  integrations
    .within('check <name>', 'try its settings against the target, without writing')
    .option('--json', LINES)
    .action(async (name, options) => orFail(await (await import('./integrations.ts')).checkIntegration(name, options)))
  command(program, 'pause <name>', 'keep what comes for an integration, and send nothing')
    .option('--reason <text>', 'shown by "integrations" and in the log')
    .option('--json', 'as JSON')
    .action(async (name, options) => (await import('./integrations.ts')).pauseIntegration(name, options))
  command(program, 'resume <name>', 'end a pause, and try a target that is held at once')
    .option('--json', 'as JSON')
    .action(async (name, options) => (await import('./integrations.ts')).resumeIntegration(name, options))
  command(program, 'test <name>', 'send a test message, which everybody there sees; a ticket system is only checked')
    .option('--json', 'as JSON')
    .action(async (name, options) => orFail(await (await import('./integrations.ts')).testIntegration(name, options)))
}

function addLinks(program: Command): void {
  const links = noun(program, 'links', 'look at which ticket each story is linked to, and change it', {
    description: 'in the order of project and story',
    options: (list) =>
      list
        .option('-p, --project <id>', 'only those of this project')
        .option('--story <id>', 'only that of this story')
        .option('--ticket <id>', 'only those of this ticket')
        .option('-n, --limit <number>', 'how many at most; default: all')
        .option('--json', LINES),
  })
  links.listBy(async (options) => (await import('./links.ts')).listLinks(options))
  links
    .within(
      'set <project> <story> <ticket>',
      'link a story to a ticket, whatever Tracker says, until an activity tells another link',
    )
    .option('-i, --integration <name>', 'the integration of the config that the ticket belongs to')
    .option('--system <name>', 'where the ticket is: jira, other, ...')
    .option('--integration-id <id>', "Tracker's id of the integration")
    .option('--ticket-url <address>', "the ticket's address")
    .option('--json', 'as JSON')
    .action(async (project, story, ticket, options) =>
      (await import('./links.ts')).setLink(project, story, ticket, options),
    )
  links
    .within('remove <project> <story>', 'the story has no ticket any more')
    .option('--forget', "forget what is known instead, so that Tracker's API is asked again")
    .option('--json', 'as JSON')
    .action(async (project, story, options) => (await import('./links.ts')).removeLink(project, story, options))
  links
    .within(
      'import <file>',
      `all links of a CSV file, or none: project,story,external_id and, if wanted, system,integration_id,external_url; "-" reads standard input`,
    )
    .option('--json', 'as JSON')
    .action(async (file, options) => (await import('./links.ts')).importLinks(file, options))
}

function addRejected(program: Command): void {
  const rejected = noun(program, 'rejected', 'look at requests that were not activities, and hand them in again', {
    description: 'the newest first',
    options: (list) =>
      paged(
        list
          .option('-p, --project <id>', 'only those of this project')
          .option('--reason <reason>', 'only those that were refused for it'),
      ),
  })
  rejected.listBy(async (options) => (await import('./rejected.ts')).listRejected(options))
  rejected
    .within('show <id>', 'the body as it came')
    .option('--json', 'as JSON')
    .action(async (id, options) => (await import('./rejected.ts')).showRejected(id, options))
  rejected
    .within('replay [ids...]', 'hand them in again once the reason is gone; those that are stored leave the list')
    .option('--all', 'all there are, the oldest first')
    .option('--reason <reason>', 'all that were refused for it, as the list shows it')
    .option('-p, --project <id>', 'as activities of this project; default: the one whose hook they came to')
    .option('--body <file>', 'with this mended body in place of the kept one; "-" reads standard input')
    .option('--json', LINES)
    .action(async (ids, options) => orFail(await (await import('./rejected.ts')).replayRejected(ids, options)))
  rejected
    .within('delete <ids...>', 'forget them')
    .option('--json', 'as JSON')
    .action(async (ids, options) => orFail(await (await import('./rejected.ts')).deleteRejected(ids, options)))
}

function addCatchUp(program: Command): void {
  command(
    program,
    'catch-up [project]',
    'ask the tools of all projects, or of one, for what their hooks missed, and store that; or how far that is',
  )
    .option(
      '--since <time>',
      'reach further back than where it would begin: 2026-11-28T18:00, 2026-11-28 (UTC), or 2h, 7d ago',
    )
    .option('--dry-run', 'only count what is missed')
    .option('--status', 'ask nothing, and show up to when each was asked, and why that fails')
    .option('--json', LINES)
    .action(async (project, options) => orFail(await (await import('./catch-up.ts')).catchUp(project, options)))
}

function addImports(program: Command): void {
  const imports = noun(program, 'imports', 'the lists of tickets for the import panel of Tracker', {
    description: 'the Import API URLs, with their secrets; with --url, how fresh each list is',
    options: (list) => list.option('--json', LINES),
  })
  imports.listBy(async (options) => (await import('./imports.ts')).showImports(options))
  imports
    .within('status', 'how many tickets each list has, how fresh it is, and what is wrong')
    .option('--json', LINES)
    .action(async (options) => (await import('./imports.ts')).showStatus(options))
  imports
    .within('preview <name>', "the first tickets as Tracker's panel would show them now")
    .option('-n, --limit <number>', 'how many at most, up to 200', '50')
    .option('--json', LINES)
    .action(async (name, options) => (await import('./imports.ts')).previewImport(name, options))
  imports
    .within('refresh <name>', 'read the source now, however fresh the list is')
    .option('--json', 'as JSON')
    .action(async (name, options) => orFail(await (await import('./imports.ts')).refreshImport(name, options)))
  within(
    program,
    'import <name>',
    "print an integration's tickets as Tracker's import panel gets them, read afresh; of a relay elsewhere: imports preview",
  )
    .option('--json', 'as JSON')
    .action(async (name, options) => (await import('./import.ts')).printImport(name, options))
}

function addRecords(program: Command): void {
  paged(
    command(program, 'audit', 'who has done what, the newest first; kept for a year')
      .option('--who <name>', 'only what was done with this token, or by "command line"')
      .option('--action <action>', 'only this action, such as replay, pause or "set link"'),
  ).action(async (options) => (await import('./audit.ts')).listAudit(options))
  command(program, 'stats', 'what was received, delivered and failed, over time; the newest first')
    .option('--by <period>', 'minute, hour or day', 'hour')
    .option('-i, --integration <name>', 'only of this integration')
    .option('--from <time>', `${FROM}; default: 60 of them ago`)
    .option('--to <time>', TO)
    .option('--rebuild', 'count all of it again from the activities and attempts that are kept')
    .option('--json', LINES)
    .action(async (options) => (await import('./stats.ts')).showStats(options))
  command(program, 'erase', 'forget a story, a project or a person: counts first, then asks')
    .option('--story <id>', 'all that is kept about this story')
    .option('-p, --project <id>', 'all that is kept about this project; or of which project the story is')
    .option('--person <name>', "all that names this person, or Tracker's number of the person")
    .option('--with-open', 'also what is not delivered yet, and then never is')
    .option('--dry-run', 'only count it')
    .option('-y, --yes', 'do not ask')
    .option('--json', 'as JSON')
    .action(async (options) => orFail(await (await import('./erase.ts')).erase(options)))
}
