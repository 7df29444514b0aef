import { Command } from 'commander'
import { StoreError } from '../store/store-error.ts'
import { version } from './config-path.ts'
import { complain, outputFailed, print, printExactly } from './print.ts'
import { UsageError } from './usage-error.ts'

process.stdout.on('error', outputFailed)
process.stderr.on('error', () => {})

// Each command is loaded when it is used: loading all of them, with their libraries, takes two seconds.
const program = new Command('tracker-relay')
  .description('Stores every activity of a Tracker project durably, and carries it on once and in order.')
  .version(version())
  .configureOutput({ writeOut: printExactly, writeErr: (text) => complain(text.trimEnd()) })
  .showHelpAfterError()

const command = (usage: string, description: string): Command => within(program, usage, description)

function within(group: Command, usage: string, description: string, isDefault = false): Command {
  return group
    .command(usage, { isDefault })
    .description(description)
    .option('-c, --config <file>', 'the config; else RELAY_CONFIG, else config/relay.yaml')
    .option('-v, --verbose', 'name the config and the database that are used')
}

command('start', 'run the relay').action(async (options) => (await import('./start.ts')).start(options))

command('check', 'check the config, and try each integration without writing anything')
  .option('--offline', 'check only the config')
  .action(async (options) => {
    const { check } = await import('./check.ts')
    if (!(await check(options))) process.exitCode = 1
  })

command('explain <file>', 'show what an activity would cause, without sending anything; "-" reads standard input')
  .option('-p, --project <id>', 'the project whose integrations are asked; default: the first')
  .action(async (file, options) => (await import('./explain.ts')).explain(file, options))

command('migrate', 'make the database, or bring it up to date; start does so by itself').action(async (options) => {
  const { migrateDatabase, placeOf, readConfig } = await import('./environment.ts')
  const config = await readConfig(options)
  const applied = await migrateDatabase(config)
  print(`the database ${placeOf(config.database)} is up to date (${applied.length} migrations applied)`)
})

command('hooks', 'show the web hook addresses, with their secrets').action(async (options) => {
  const { baseUrl, readConfig } = await import('./environment.ts')
  const { server, projects } = await readConfig(options)
  for (const { id, secrets } of projects)
    for (const secret of secrets) print(`${baseUrl(server)}/hooks/${id}/${secret}`)
})

command('imports', 'show the Import API URLs, with their secrets').action(async (options) =>
  (await import('./import.ts')).showImports(options),
)
command('import <name>', "print an integration's tickets as Tracker's import panel gets them, read afresh")
  .option('--json', 'as JSON')
  .action(async (name, options) => (await import('./import.ts')).printImport(name, options))

const deliveries = program.command('deliveries').description('look at deliveries, and replay them')
within(deliveries, 'list', 'the newest first', true)
  .option('-i, --integration <name>')
  .option('-s, --state <state>')
  .option('--story <id>')
  .option('-n, --limit <number>', 'how many', '50')
  .option('--json', 'one JSON object a line')
  .action(async (options) => (await import('./deliveries.ts')).listDeliveries(options))
within(deliveries, 'show <id>', 'one delivery with all its attempts').action(async (id, options) =>
  (await import('./deliveries.ts')).showDelivery(id, options),
)
within(deliveries, 'replay [ids...]', 'put settled deliveries back into the queue')
  .option('-i, --integration <name>', 'only those of this integration')
  .option('-s, --state <state>', 'all that are dead, or all that were skipped')
  .action(async (ids, options) => (await import('./deliveries.ts')).replayDeliveries(ids, options))

command('integrations', 'how each integration stands').action(async (options) =>
  (await import('./integrations.ts')).listIntegrations(options),
)
command('pause <name>', 'keep what comes for an integration, and send nothing')
  .option('--reason <text>', 'shown by "integrations" and in the log')
  .action(async (name, options) => (await import('./integrations.ts')).pauseIntegration(name, options))
command('resume <name>', 'end a pause, and try a target that is held at once').action(async (name, options) =>
  (await import('./integrations.ts')).resumeIntegration(name, options),
)

command('connect <type> <name>', 'authorise the account that an integration writes as, by a PIN').action(
  async (type, name, options) => (await import('./connect.ts')).connect(type, name, options),
)
command('disconnect <type> <name>', "forget an integration's account; what comes for it is kept").action(
  async (type, name, options) => (await import('./connect.ts')).disconnect(type, name, options),
)
command('rotate-key', 'seal all stored credentials with the first of credentials.keys').action(async (options) =>
  (await import('./connect.ts')).rotateKey(options),
)

const links = program.command('links').description('look at which ticket each story is linked to, and change it')
within(links, 'list', 'in the order of project and story', true)
  .option('-p, --project <id>')
  .option('--story <id>')
  .option('--json', 'one JSON object a line')
  .action(async (options) => (await import('./links.ts')).listLinks(options))
within(
  links,
  'set <project> <story> <ticket>',
  'link a story to a ticket, whatever Tracker says, until an activity tells another link',
)
  .option('--system <name>', 'where the ticket is: jira, other, ...')
  .option('--integration-id <id>', "Tracker's id of the integration")
  .option('--url <address>', "the ticket's address")
  .action(async (project, story, ticket, options) =>
    (await import('./links.ts')).setLink(project, story, ticket, options),
  )
within(links, 'remove <project> <story>', 'the story has no ticket any more')
  .option('--forget', "forget what is known instead, so that Tracker's API is asked again")
  .action(async (project, story, options) => (await import('./links.ts')).removeLink(project, story, options))
within(
  links,
  'import <file>',
  `all links of a CSV file, or none: project,story,external_id and, if wanted, system,integration_id,external_url; "-" reads standard input`,
).action(async (file, options) => (await import('./links.ts')).importLinks(file, options))

const rejected = program
  .command('rejected')
  .description('look at requests that were not activities, and hand them in again')
within(rejected, 'list', 'the newest first', true)
  .option('-n, --limit <number>', 'how many', '50')
  .action(async (options) => (await import('./rejected.ts')).listRejected(options))
within(rejected, 'show <id>', 'the body as it came').action(async (id, options) =>
  (await import('./rejected.ts')).showRejected(id, options),
)
within(rejected, 'replay [ids...]', 'hand them in again once the reason is gone; those that are stored leave the list')
  .option('--all', 'all there are, the oldest first')
  .option('--reason <reason>', 'all that were refused for it, as the list shows it')
  .option('-p, --project <id>', 'as activities of this project; default: the one whose hook they came to')
  .option('--body <file>', 'with this mended body in place of the kept one; "-" reads standard input')
  .action(async (ids, options) => {
    const { replayRejected } = await import('./rejected-replay.ts')
    if (!(await replayRejected(ids, options))) process.exitCode = 1
  })
within(rejected, 'delete <ids...>', 'forget them').action(async (ids, options) =>
  (await import('./rejected.ts')).deleteRejected(ids, options),
)

program
  .command('schema')
  .description("print the config's JSON schema")
  .option('--write', 'bring the generated files of the project up to date')
  .action(async (options) => (await import('./schema.ts')).schema(options))

try {
  await program.parseAsync()
} catch (error) {
  if (error instanceof UsageError || error instanceof StoreError) complain(error.message)
  // A bug of ours.
  else complain(error instanceof Error ? (error.stack ?? error.message) : String(error))
  process.exitCode = 1
}
