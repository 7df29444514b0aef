import type { Command } from 'commander'
import { UsageError } from './usage-error.ts'

/** A command that reads the config. */
export function within(group: Command, usage: string, description: string, isDefault = false): Command {
  return group
    .command(usage, { isDefault })
    .description(description)
    .option('-c, --config <file>', 'the config; else RELAY_CONFIG, else config/relay.yaml')
    .option('-v, --verbose', 'name the config and the database that are used')
}

/** Without `url`, a command works on the database that the config names. */
export function withRelay(command: Command): Command {
  return command
    .option(
      '--url <address>',
      'of a relay that runs (or unix:/path), to work on that instead; RELAY_ADMIN_TOKEN has the token',
    )
    .option('--token-file <file>', 'has the token for --url; "-" reads standard input')
    .option('--token <token>', 'the token itself; other users of this machine can see it while the command runs')
}

export interface Noun {
  within(usage: string, about: string): Command
  listBy(action: (options: never) => Promise<void>): void
}

/** A noun whose verbs are commands; without a verb it lists. The help of the noun shows the options of the list too. */
export function noun(
  program: Command,
  name: string,
  description: string,
  list: { readonly description: string; options(list: Command): Command },
): Noun {
  const group = program.command(name).description(description)
  const listing = withRelay(list.options(within(group, 'list', list.description, true))).usage('[options]')
  group.configureHelp({ subcommandTerm: (one) => `${one.name()} ${one.usage()}`.trimEnd() })
  group.addHelpText(
    'after',
    () => `\nOptions of "list", which is what happens without a command:\n${optionsOf(listing)}`,
  )
  return {
    within: (usage, about) => withRelay(within(group, usage, about)),
    listBy(action) {
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
