import { Command, CommanderError } from 'commander'
import { StoreError } from '../store/store-error.ts'
import { CommandFailed } from './command-failed.ts'
import { version } from './config-path.ts'
import { showExamples } from './examples.ts'
import { within } from './noun.ts'
import { complain, outputFailed, printExactly } from './print.ts'
import { addSteering } from './steering.ts'
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

command('start', 'run the relay').action(async (options) => (await import('./start.ts')).start(options))

/** The option and its description, of two commands. */
const HEADER = [
  '--header <line>',
  'a header that came with it, as some tools tell the event there; may be repeated',
] as const

program
  .command('demo')
  .description(
    'play days of Tracker, Linear and Shortcut through a relay, into stand-ins of its targets on this machine, and show what each received',
  )
  .option('--stay', 'keep everything running, until Ctrl-C')
  .option('--all', 'show everything that was received, however much it is')
  .option('--break <target>', 'take a target down for good, to see what happens then')
  .option('--deadline <seconds>', 'give up after so long', '60')
  .option('--json', 'the result as JSON; what happens is told on standard error')
  .action(async (options) => {
    const { demo } = await import('./demo/demo.ts')
    if (!(await demo(options))) process.exitCode = 1
  })

program
  .command('stand-in <system>')
  .description('a JIRA on this machine to try the relay with ("jira"), which shows what is written to it, until Ctrl-C')
  .option('--port <number>', 'on 127.0.0.1', '8090')
  .action(async (system, options) => (await import('./stand-in.ts')).standIn(system, options))

command('check', 'check the config, and try each integration without writing anything')
  .option('--offline', 'check only the config')
  .option('--json', 'as JSON')
  .action(async (options) => {
    const { check } = await import('./check.ts')
    if (!(await check(options))) process.exitCode = 1
  })

command('explain <file>', 'show what an activity would cause, without sending anything; "-" reads standard input')
  .option(
    '-p, --project <id>',
    'the project whose source reads it, and whose integrations are asked; default: the first',
  )
  .option('--source <project>', "only what this project's source makes of the file: the activity, or why there is none")
  .option(...HEADER, (line, before: readonly string[]) => [...before, line], [])
  .option('--json', 'as JSON, with all that was read of the activity')
  .action(async (file, options) => (await import('./explain.ts')).explain(file, options))

command(
  'send <file>',
  'hand an activity, or a list of them, to a running relay, as the project\'s tool does; "-" reads standard input',
)
  .option(
    '-p, --project <id>',
    'the project whose hook gets it, signed as its tool does; default: that of the activity',
  )
  .option(...HEADER, (line, before: readonly string[]) => [...before, line], [])
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

command('migrate-store', 'copy the SQLite store into an empty PostgreSQL database, while no relay runs')
  .option(
    '--to <target>',
    'the config that names the database, or postgres://user@host/database, or file:/path of that',
  )
  .option('--undo', 'let relays start on the SQLite file again')
  .option('--json', 'as JSON')
  .action(async (options) => (await import('./migrate-store.ts')).migrateStore(options))

command('hooks', 'show the web hook addresses, with their secrets')
  .option('--json', 'one JSON object a line')
  .action(async (options) => (await import('./hooks.ts')).showHooks(options))

command('connect <type> <name>', 'authorise the account that an integration writes as, by a PIN')
  .option('--json', 'the result as JSON; what to do is told on standard error')
  .action(async (type, name, options) => (await import('./connect.ts')).connect(type, name, options))
command('disconnect <type> <name>', "forget an integration's account; what comes for it is kept")
  .option('--json', 'as JSON')
  .action(async (type, name, options) => (await import('./connect.ts')).disconnect(type, name, options))
command('rotate-key', 'seal all stored credentials with the first of credentials.keys')
  .option('--json', 'as JSON')
  .action(async (options) => (await import('./connect.ts')).rotateKey(options))

addSteering(program)

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
