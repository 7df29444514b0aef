import { Command, CommanderError } from 'commander'
import { StoreError } from '../store/store-error.ts'
import { CommandFailed } from './command-failed.ts'
import { version } from './config-path.ts'
import { showExamples } from './examples.ts'
import { complain, outputFailed, printExactly } from './print.ts'
import { UsageError } from './usage-error.ts'

process.stdout.on('error', outputFailed)
process.stderr.on('error', () => {})

// Each command is loaded when it is used: loading all of them, with their libraries, takes two seconds.
const program = new Command('tracker-relay')
  .description('Stores every activity of a Tracker project durably, and carries it on once and in order.')
  .version(version())
  .configureOutput({ writeOut: printExactly, writeErr: (text) => complain(text.trimEnd()) })
  .showHelpAfterError()
  .exitOverride()
  .addHelpText('after', '\nExit codes: 0 done, 1 something is wrong or was not found, 2 the command line is wrong.')

const command = (usage: string, description: string): Command => within(program, usage, description)

function within(group: Command, usage: string, description: string, isDefault = false): Command {
  return group
    .command(usage, { isDefault })
    .description(description)
    .option('-c, --config <file>', 'the config; else RELAY_CONFIG, else config/relay.yaml')
    .option('-v, --verbose', 'name the config and the database that are used')
}

/** A noun whose verbs are commands; without a verb it lists. The help of the noun shows the options of the list too. */
function noun(
  name: string,
  description: string,
  list: { readonly description: string; options(list: Command): Command },
) {
  const group = program.command(name).description(description)
  const listing = list.options(within(group, 'list', list.description, true)).usage('[options]')
  group.configureHelp({ subcommandTerm: (one) => `${one.name()} ${one.usage()}`.trimEnd() })
  group.addHelpText(
    'after',
    () => `\nOptions of "list", which is what happens without a command:\n${optionsOf(listing)}`,
  )
  return {
    within: (usage: string, about: string) => within(group, usage, about),
    listBy(action: (options: never) => Promise<void>): void {
      // A word that is no verb comes to the list, since that is the default.
      listing.argument('[word...]').action(async (words: readonly string[], options) => {
        const [word] = words
        if (word !== undefined) throw new UsageError((await import('./unknown-verb.ts')).unknownVerb(group, word))
        await action(options as never)
      })
    },
  }
}

function optionsOf(command: Command): string {
  const help = command.createHelp()
  const options = help.visibleOptions(command)
  const width = Math.max(...options.map((option) => help.optionTerm(option).length))
  return options
    .map((option) => `  ${help.optionTerm(option).padEnd(width)}  ${help.optionDescription(option)}`.trimEnd())
    .join('\n')
}

command('start', 'run the relay').action(async (options) => (await import('./start.ts')).start(options))

program
  .command('demo')
  .description(
    'play a recorded day in a Tracker project through a relay, into stand-ins of its targets on this machine, and show what each received',
  )
  .option('--stay', 'keep everything running, until Ctrl-C')
  .option('--all', 'show everything that was received, however much it is')
  .option('--break <target>', 'take a target down for good, to see what happens then')
  .option('--deadline <seconds>', 'give up after so long', '60')
  .action(async (options) => {
    const { demo } = await import('./demo/demo.ts')
    if (!(await demo(options))) process.exitCode = 1
  })

command('check', 'check the config, and try each integration without writing anything')
  .option('--offline', 'check only the config')
  .option('--json', 'as JSON')
  .action(async (options) => {
    const { check } = await import('./check.ts')
    if (!(await check(options))) process.exitCode = 1
  })

command('explain <file>', 'show what an activity would cause, without sending anything; "-" reads standard input')
  .option('-p, --project <id>', 'the project whose integrations are asked; default: the first')
  .option('--json', 'as JSON, which it is anyway')
  .action(async (file, options) => (await import('./explain.ts')).explain(file, options))

command(
  'send <file>',
  'hand an activity, or a list of them, to a running relay, as Tracker does; "-" reads standard input',
)
  .option('-p, --project <id>', 'the project whose hook gets it; default: that of the activity')
  .option('--url <address>', "of the relay, or of the hook; default: the config's host and port")
  .option('--json', 'what the relay answered')
  .action(async (file, options) => {
    const { send } = await import('./send.ts')
    if (!(await send(file, options))) process.exitCode = 1
  })

command('migrate', 'make the database, or bring it up to date; start does so by itself')
  .option('--json', 'as JSON')
  .action(async (options) => (await import('./migrate.ts')).migrate(options))

command('backup <file>', 'copy the SQLite database to a file that is not there yet, also while a relay runs')
  .option('--json', 'as JSON')
  .action(async (file, options) => (await import('./backup.ts')).backup(file, options))

command('restore <file>', "put a backup in the database's place, while no relay runs")
  .option('--replace', 'move a database that is there aside')
  .option('--json', 'as JSON')
  .action(async (file, options) => (await import('./restore.ts')).restoreBackup(file, options))

command('hooks', 'show the web hook addresses, with their secrets')
  .option('--json', 'one JSON object a line')
  .action(async (options) => (await import('./hooks.ts')).showHooks(options))

command('imports', 'show the Import API URLs, with their secrets')
  .option('--json', 'one JSON object a line')
  .action(async (options) => (await import('./import.ts')).showImports(options))
command('import <name>', "print an integration's tickets as Tracker's import panel gets them, read afresh")
  .option('--json', 'as JSON')
  .action(async (name, options) => (await import('./import.ts')).printImport(name, options))

const deliveries = noun('deliveries', 'look at deliveries, and replay them', {
  description: 'the newest first',
  options: (list) =>
    list
      .option('-i, --integration <name>', 'only those of this integration')
      .option('-s, --state <state>', 'only those in this state')
      .option('--story <id>', 'only those of this story')
      .option('-n, --limit <number>', 'how many', '50')
      .option('--json', 'one JSON object a line'),
})
deliveries.listBy(async (options) => (await import('./deliveries.ts')).listDeliveries(options))
deliveries
  .within('show <id>', 'one delivery with all its attempts')
  .action(async (id, options) => (await import('./deliveries.ts')).showDelivery(id, options))
deliveries
  .within('replay [ids...]', 'put settled deliveries back into the queue')
  .option('-i, --integration <name>', 'only those of this integration')
  .option('-s, --state <state>', 'all that are dead, or all that were skipped')
  .action(async (ids, options) => {
    const { replayDeliveries } = await import('./deliveries.ts')
    if (!(await replayDeliveries(ids, options))) process.exitCode = 1
  })

command('integrations', 'how each integration stands')
  .option('--json', 'one JSON object a line')
  .action(async (options) => (await import('./integrations.ts')).listIntegrations(options))
command('pause <name>', 'keep what comes for an integration, and send nothing')
  .option('--reason <text>', 'shown by "integrations" and in the log')
  .action(async (name, options) => (await import('./integrations.ts')).pauseIntegration(name, options))
command('resume <name>', 'end a pause, and try a target that is held at once').action(async (name, options) =>
  (await import('./integrations.ts')).resumeIntegration(name, options),
)

command('connect <type> <name>', 'authorise the account that an integration writes as, by a PIN')
  .option('--json', 'the result as JSON; what to do is told on standard error')
  .action(async (type, name, options) => (await import('./connect.ts')).connect(type, name, options))
command('disconnect <type> <name>', "forget an integration's account; what comes for it is kept")
  .option('--json', 'as JSON')
  .action(async (type, name, options) => (await import('./connect.ts')).disconnect(type, name, options))
command('rotate-key', 'seal all stored credentials with the first of credentials.keys')
  .option('--json', 'as JSON')
  .action(async (options) => (await import('./connect.ts')).rotateKey(options))

const links = noun('links', 'look at which ticket each story is linked to, and change it', {
  description: 'in the order of project and story',
  options: (list) =>
    list
      .option('-p, --project <id>', 'only those of this project')
      .option('--story <id>', 'only that of this story')
      .option('--json', 'one JSON object a line'),
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
  .option('--url <address>', "the ticket's address")
  .action(async (project, story, ticket, options) =>
    (await import('./links.ts')).setLink(project, story, ticket, options),
  )
links
  .within('remove <project> <story>', 'the story has no ticket any more')
  .option('--forget', "forget what is known instead, so that Tracker's API is asked again")
  .action(async (project, story, options) => (await import('./links.ts')).removeLink(project, story, options))
links
  .within(
    'import <file>',
    `all links of a CSV file, or none: project,story,external_id and, if wanted, system,integration_id,external_url; "-" reads standard input`,
  )
  .action(async (file, options) => (await import('./links.ts')).importLinks(file, options))

const rejected = noun('rejected', 'look at requests that were not activities, and hand them in again', {
  description: 'the newest first',
  options: (list) => list.option('-n, --limit <number>', 'how many', '50').option('--json', 'one JSON object a line'),
})
rejected.listBy(async (options) => (await import('./rejected.ts')).listRejected(options))
rejected
  .within('show <id>', 'the body as it came')
  .action(async (id, options) => (await import('./rejected.ts')).showRejected(id, options))
rejected
  .within('replay [ids...]', 'hand them in again once the reason is gone; those that are stored leave the list')
  .option('--all', 'all there are, the oldest first')
  .option('--reason <reason>', 'all that were refused for it, as the list shows it')
  .option('-p, --project <id>', 'as activities of this project; default: the one whose hook they came to')
  .option('--body <file>', 'with this mended body in place of the kept one; "-" reads standard input')
  .action(async (ids, options) => {
    const { replayRejected } = await import('./rejected-replay.ts')
    if (!(await replayRejected(ids, options))) process.exitCode = 1
  })
rejected.within('delete <ids...>', 'forget them').action(async (ids, options) => {
  const { deleteRejected } = await import('./rejected.ts')
  if (!(await deleteRejected(ids, options))) process.exitCode = 1
})

program
  .command('schema')
  .description("print the config's JSON schema")
  .option('--write', 'bring the generated files of the project up to date')
  .option('--json', 'with --write, one JSON object a line; the schema is JSON anyway')
  .action(async (options) => (await import('./schema.ts')).schema(options))

program
  .command('completion <shell>')
  .description('print what bash, zsh or fish needs to complete commands and options')
  .action(async (shell) => (await import('./completion.ts')).completion(shell, program))

showExamples(program)

try {
  await program.parseAsync()
} catch (error) {
  // Commander has shown its message already.
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2
  else if (error instanceof UsageError) {
    complain(error.message)
    process.exitCode = 2
  } else {
    // Anything else is a bug of ours.
    const isTold = error instanceof CommandFailed || error instanceof StoreError
    complain(isTold ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error))
    process.exitCode = 1
  }
}
