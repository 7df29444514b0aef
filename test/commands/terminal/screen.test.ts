import t, { type Test } from 'tap'
import { screenOf } from '../../../src/commands/terminal/screen.ts'
import { stateColour } from '../../../src/commands/terminal/state-colour.ts'
import { fakeTerminal, NOW } from './fake-terminal.ts'

const NAMES = ['NO_COLOR', 'FORCE_COLOR', 'NODE_DISABLE_COLORS', 'TERM', 'COLORTERM', 'CI', 'TMUX']

function withEnvironment(t: Test, values: Readonly<Record<string, string>>): void {
  const before = { ...process.env }
  for (const name of NAMES) delete process.env[name]
  Object.assign(process.env, { TERM: 'xterm-256color' }, values)
  t.teardown(() => {
    for (const name of NAMES) delete process.env[name]
    Object.assign(process.env, before)
  })
}

t.test('a terminal has a width and colours', async (t) => {
  withEnvironment(t, {})
  const screen = screenOf(fakeTerminal({ columns: 132 }), NOW)
  t.equal(screen.columns, 132)
  t.equal(screen.paint('red', 'dead'), '\u001b[31mdead\u001b[39m')
  t.equal(screen.paint('red', ''), '')
  t.equal(screenOf(fakeTerminal({ columns: 0 }), NOW).columns, 80, 'a terminal that does not tell its width')
})

t.test('a pipe or file has neither', async (t) => {
  withEnvironment(t, {})
  const screen = screenOf(fakeTerminal({ isTTY: false }), NOW)
  t.equal(screen.columns, null)
  t.equal(screen.paint('red', 'dead'), 'dead')
})

t.test('NO_COLOR leaves a terminal without colours, and so does a terminal that has none', async (t) => {
  for (const values of [{ NO_COLOR: '1' }, { TERM: 'dumb' }]) {
    withEnvironment(t, values)
    t.equal(screenOf(fakeTerminal(), NOW).paint('red', 'dead'), 'dead')
  }
})

t.test('FORCE_COLOR colours a pipe too', async (t) => {
  withEnvironment(t, { FORCE_COLOR: '1' })
  t.equal(screenOf(fakeTerminal({ isTTY: false }), NOW).paint('green', 'ok'), '\u001b[32mok\u001b[39m')
})

t.test('each state of a delivery that ended well, waits or died has a colour', async (t) => {
  t.strictSame((['delivered', 'held', 'waiting', 'dead', 'pending'] as const).map(stateColour), [
    'green',
    'yellow',
    'yellow',
    'red',
    null,
  ])
})
