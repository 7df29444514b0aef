#!/usr/bin/env node
import { endWithoutHungUpTerminal } from './commands/hung-up-terminal.ts'
import { keepSignals } from './commands/signals.ts'

// Before anything else is loaded, since that takes most of a start.
if (process.argv[2] === 'start') keepSignals()
endWithoutHungUpTerminal()
await import('./commands/program.ts')
