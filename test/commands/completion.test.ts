import { spawnSync } from 'node:child_process'
import t from 'tap'
import { tracker } from './command-line.ts'

// Each process takes seconds to start on a machine that is busy with other things.
t.setTimeout(300_000)

t.test('bash completes commands, verbs and options', async (t) => {
  const { code, stdout: script } = await tracker(['completion', 'bash'])
  t.equal(code, 0)
  const completed = (...words: string[]): string[] => {
    const quoted = ['tracker-relay', ...words].map((word) => `'${word}'`).join(' ')
    const asked = `COMP_WORDS=(${quoted}); COMP_CWORD=${words.length}; _tracker_relay; printf '%s\\n' "\${COMPREPLY[@]}"`
    const { stdout, stderr } = spawnSync('bash', ['-c', `${script}\n${asked}`], { encoding: 'utf8' })
    t.equal(stderr, '')
    return stdout.trimEnd().split('\n')
  }
  t.strictSame(completed('deliv'), ['deliveries'])
  t.strictSame(completed('deliveries', 's'), ['show', 'skip'])
  t.strictSame(
    completed('deliveries', '--st'),
    ['--story', '--state'],
    'a noun lists, so that it has the options of the list',
  )
  t.strictSame(completed('rejected', 'replay', '--re'), ['--reason'])
  t.strictSame(completed('-c', 'relay.yaml', 'rejected', 'replay', '12', '--al'), ['--all'])
  t.strictSame(completed('check', '--o'), ['--offline'])
  t.ok(completed('').includes('start'))
})

t.test('zsh and fish get a script of their own, and other shells are refused', async (t) => {
  t.match((await tracker(['completion', 'zsh'])).stdout, /bashcompinit[\s\S]*complete -o default -F _tracker_relay/)
  const { stdout } = await tracker(['completion', 'fish'])
  t.match(stdout, "complete -c tracker-relay -n '__fish_use_subcommand' -a deliveries -d '")
  t.match(
    stdout,
    "-n '__fish_seen_subcommand_from deliveries; and __fish_seen_subcommand_from replay' -l integration\n",
  )
  t.match(await tracker(['completion', 'cmd']), { code: 2, stdout: '', stderr: /bash, zsh, fish, not "cmd"/ })
})
