import t from 'tap'
import { tracker } from './command-line.ts'

// Each process takes seconds to start on a machine that is busy with other things.
t.setTimeout(300_000)

const helpOf = async (path: readonly string[]): Promise<string> => {
  const { code, stdout } = await tracker([...path, '--help'])
  t.equal(code, 0, path.join(' '))
  return stdout
}

/** The first words of the lines between "Commands:" and the next empty line. */
const commandsIn = (help: string): string[] =>
  (/^Commands:\n((?: {2}.*\n)*)/m.exec(help)?.[1] ?? '')
    .split('\n')
    .flatMap((line) => /^ {2}([a-z][a-z-]*)/.exec(line)?.[1] ?? [])
    .filter((name) => name !== 'help')

t.test('the help of every command has examples, of commands and options that there are', async (t) => {
  const program = await helpOf([])
  t.match(program, /^Exit codes: 0 done, 1 something is wrong or was not found, 2 the command line is wrong\.$/m)
  const help = new Map<string, string>()
  for (const name of commandsIn(program)) {
    help.set(name, await helpOf([name]))
    for (const verb of commandsIn(help.get(name) ?? '')) help.set(`${name} ${verb}`, await helpOf([name, verb]))
  }
  t.ok(help.size > 20, `${help.size} commands`)
  for (const [path, text] of help) {
    const examples = [...text.matchAll(/^ {2}tracker-relay (.*)$/gm)].map(([, example = '']) => example)
    t.ok(examples.length > 0, `${path} has examples`)
    for (const example of examples) {
      const [first = '', second = ''] = example.split(' ')
      const shown = help.get(`${first} ${second}`) ?? help.get(first)
      t.ok(shown !== undefined && example.startsWith(path), `${example} is an example of ${path}`)
      for (const [option] of example.matchAll(/(?<= )--[a-z-]+/g)) t.match(shown, ` ${option}`, `${example}: ${option}`)
    }
  }
})
