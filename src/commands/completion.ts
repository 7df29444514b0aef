import type { Command } from 'commander'
import { print } from './print.ts'
import { UsageError } from './usage-error.ts'

const SHELLS = { bash, zsh, fish }

/** `tracker-relay completion SHELL`: prints what the shell needs to complete the commands and options. */
export function completion(shell: string, program: Command): void {
  const script = Object.entries(SHELLS).find(([name]) => name === shell)?.[1]
  if (script === undefined)
    throw new UsageError(`the shell must be one of ${Object.keys(SHELLS).join(', ')}, not "${shell}"`)
  print(script(placesIn(program, [])))
}

interface Place {
  /** The words before: none, a command, or a noun and its verb. */
  readonly path: readonly string[]
  readonly commands: readonly { readonly name: string; readonly description: string }[]
  readonly options: readonly string[]
}

function placesIn(command: Command, path: readonly string[]): readonly Place[] {
  const help = command.createHelp()
  const commands = help.visibleCommands(command).filter((one) => one.name() !== 'help')
  // Without a verb, a noun lists.
  const listing = path.length === 1 ? command.commands.find((one) => one.name() === 'list') : undefined
  const options = [command, ...(listing === undefined ? [] : [listing])].flatMap((one) =>
    help.visibleOptions(one).flatMap(({ long }) => (long == null ? [] : [long])),
  )
  return [
    {
      path,
      commands: commands.map((one) => ({ name: one.name(), description: one.description() })),
      options: [...new Set(options)],
    },
    ...commands.flatMap((one) => placesIn(one, [...path, one.name()])),
  ]
}

function bash(places: readonly Place[]): string {
  const known = places.filter(({ path }) => path.length > 0).map(({ path }) => `"/${path.join('/')}"`)
  const words = places.map(
    ({ path, commands, options }) =>
      `    "${path.map((word) => `/${word}`).join('')}") words="${[...commands.map(({ name }) => name), ...options].join(' ')}" ;;`,
  )
  return `# source <(tracker-relay completion bash), for example in ~/.bashrc
_tracker_relay() {
  local place= words= index
  for ((index = 1; index < COMP_CWORD; index++)); do
    case "$place/\${COMP_WORDS[index]}" in
    ${known.join('|')}) place="$place/\${COMP_WORDS[index]}" ;;
    esac
  done
  case "$place" in
${words.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
# The names of files where no word fits.
complete -o default -F _tracker_relay tracker-relay`
}

function zsh(places: readonly Place[]): string {
  return `# source <(tracker-relay completion zsh), for example in ~/.zshrc, after compinit
autoload -U +X bashcompinit && bashcompinit
${bash(places).split('\n').slice(1).join('\n')}`
}

function fish(places: readonly Place[]): string {
  const lines = places.flatMap(({ path, commands, options }) => {
    const within = path.map((word) => `__fish_seen_subcommand_from ${word}`).join('; and ')
    const verbs = commands.map(({ name }) => name).join(' ')
    const first =
      path.length === 0 ? '__fish_use_subcommand' : `${within}; and not __fish_seen_subcommand_from ${verbs}`
    return [
      ...commands.map(
        ({ name, description }) =>
          `complete -c tracker-relay -n '${first}' -a ${name} -d '${description.replaceAll("'", "\\'")}'`,
      ),
      ...options.map(
        (option) =>
          `complete -c tracker-relay${path.length === 0 ? '' : ` -n '${within}'`} -l ${option.replace(/^--/, '')}`,
      ),
    ]
  })
  return `# tracker-relay completion fish > ~/.config/fish/completions/tracker-relay.fish\n${lines.join('\n')}`
}
