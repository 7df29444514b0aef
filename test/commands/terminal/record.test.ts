import t from 'tap'
import { record } from '../../../src/commands/terminal/record.ts'
import { screen } from './fake-terminal.ts'

t.test('the fields of one thing stand below each other, those without a value are left out', async (t) => {
  const lines = await record(
    [
      { name: 'state', value: 'dead', colour: 'red' },
      { name: 'last error', value: 'HTTP 500\nfrom \u001b[31mthe target' },
      { name: 'settled', value: null },
      { name: 'note', value: '' },
    ],
    screen(null),
  )
  t.strictSame(lines, [
    'state       <red>dead</red>',
    'last error  HTTP 500',
    '            from \\u001b[31mthe target',
    'note',
  ])
})
