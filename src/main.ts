#!/usr/bin/env node
import { Command } from 'commander'
import { check } from './commands/check.ts'
import { connect, disconnect, rotateKey } from './commands/connect.ts'
import { listDeliveries, replayDeliveries, showDelivery } from './commands/deliveries.ts'
import { baseUrl, print, readConfig, UsageError, version, withStore } from './commands/environment.ts'
import { explain } from './commands/explain.ts'
import { printImport, showImports } from './commands/import.ts'
import { listIntegrations, pauseIntegration, resumeIntegration } from './commands/integrations.ts'
import { importLinks, listLinks, removeLink, setLink } from './commands/links.ts'
import { deleteRejected, listRejected, showRejected } from './commands/rejected.ts'
import { replayRejected } from './commands/rejected-replay.ts'
import { schema } from './commands/schema.ts'
import { crash, start } from './commands/start.ts'
import { CONNECTORS } from './connectors/registry.ts'
import { linkableSystems } from './gateway/linkable-systems.ts'
import { StoreError } from './store/store-error.ts'

const program = new Command('tracker-relay')
  .description('Stores every activity of a Tracker project durably, and carries it on once and in order.')
  .version(version())
  .showHelpAfterError()

function command(usage: string, description: string): Command {
  return program
    .command(usage)
    .description(description)
    .option('-c, --config <file>', 'the config; else RELAY_CONFIG, else config/relay.yaml')
}

command('start', 'run the relay').action((options) => start(options.config))

command('check', 'check the config, and try each integration without writing anything')
  .option('--offline', 'the config alone')
  .action(async (options) => {
    if (!(await check(options))) process.exitCode = 1
  })

command('explain <file>', 'show what an activity would cause, without sending anything; "-" reads standard input')
  .option('-p, --project <id>', 'the project whose integrations are asked; default: the first')
  .action((file, options) => explain(file, options))

command('migrate', 'bring the database up to date; start does so by itself').action((options) =>
  withStore(options.config, async (store) => print(`the database (${store.client}) is up to date`)),
)

command('hooks', 'show the web hook addresses, with their secrets').action((options) => {
  const { server, projects } = readConfig(options.config)
  for (const { id, secrets } of projects)
    for (const secret of secrets) print(`${baseUrl(server)}/hooks/${id}/${secret}`)
})

command('imports', 'show the Import API URLs, with their secrets').action(showImports)
command('import <name>', "print an integration's tickets as Tracker's import panel gets them, read afresh")
  .option('--json', 'as JSON')
  .action(printImport)

const deliveries = program.command('deliveries').description('look at deliveries, and replay them')
const config = ['-c, --config <file>', 'the config; else RELAY_CONFIG, else config/relay.yaml'] as const
deliveries
  .command('list', { isDefault: true })
  .description('the newest first')
  .option(...config)
  .option('-i, --integration <name>')
  .option('-s, --state <state>')
  .option('--story <id>')
  .option('-n, --limit <number>', 'how many', '50')
  .option('--json', 'one JSON object a line')
  .action(listDeliveries)
deliveries
  .command('show <id>')
  .description('one delivery with all its attempts')
  .option(...config)
  .action(showDelivery)
deliveries
  .command('replay [ids...]')
  .description('put settled deliveries back into the queue')
  .option(...config)
  .option('-i, --integration <name>', 'only those of this integration')
  .option('-s, --state <state>', 'all that are dead, or all that were skipped')
  .action(replayDeliveries)

command('integrations', 'how each integration stands').action(listIntegrations)
command('pause <name>', 'keep what comes for an integration, and send nothing')
  .option('--reason <text>', 'why; shown to whoever looks')
  .action(pauseIntegration)
command('resume <name>', 'end a pause, and try a target that is held at once').action(resumeIntegration)

command('connect <type> <name>', 'authorise the account that an integration writes as, by a PIN').action(connect)
command('disconnect <type> <name>', "forget an integration's account; what comes for it is kept").action(disconnect)
command('rotate-key', 'seal all stored credentials with the first of credentials.keys').action(rotateKey)

const links = program.command('links').description('look at which ticket each story is linked to, and change it')
links
  .command('list', { isDefault: true })
  .description('in the order of project and story')
  .option(...config)
  .option('-p, --project <id>')
  .option('--story <id>')
  .option('--json', 'one JSON object a line')
  .action(listLinks)
links
  .command('set <project> <story> <ticket>')
  .description('link a story to a ticket, whatever Tracker says, until an activity tells another link')
  .option(...config)
  .option('--system <name>', `where the ticket is: ${linkableSystems(CONNECTORS).join(', ')}`)
  .option('--integration-id <id>', "Tracker's id of the integration")
  .option('--url <address>', "the ticket's address")
  .action(setLink)
links
  .command('remove <project> <story>')
  .description('the story has no ticket any more')
  .option(...config)
  .option('--forget', "forget what is known instead, so that Tracker's API is asked again")
  .action(removeLink)
links
  .command('import <file>')
  .description(
    `all links of a CSV file, or none: project,story,external_id and, if wanted, system,integration_id,external_url; "-" reads standard input`,
  )
  .option(...config)
  .action(importLinks)

const rejected = program
  .command('rejected')
  .description('look at requests that were no activity, and hand them in again')
rejected
  .command('list', { isDefault: true })
  .description('the newest first')
  .option(...config)
  .option('-n, --limit <number>', 'how many', '50')
  .action(listRejected)
rejected
  .command('show <id>')
  .description('the body as it came')
  .option(...config)
  .action(showRejected)
rejected
  .command('replay [ids...]')
  .description('hand them in again, once the reason has gone; what is stored is rejected no longer')
  .option(...config)
  .option('--all', 'all there are, the oldest first')
  .option('--reason <reason>', 'all that were refused for it, as the list shows it')
  .option('-p, --project <id>', 'as activities of this project; default: the one whose hook they came to')
  .option('--body <file>', 'with this mended body in place of the kept one; "-" reads standard input')
  .action(async (ids, options) => {
    if (!(await replayRejected(ids, options))) process.exitCode = 1
  })
rejected
  .command('delete <ids...>')
  .description('forget them')
  .option(...config)
  .action(deleteRejected)

program
  .command('schema')
  .description("print the config's JSON schema")
  .option('--write', 'bring the generated files of the project up to date')
  .action(schema)

// Whoever reads only the beginning, as `head` does, has read enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit()
})

try {
  await program.parseAsync()
} catch (error) {
  if (error instanceof UsageError || error instanceof StoreError) process.stderr.write(`${error.message}\n`)
  else crash(error)
  process.exitCode = 1
}
