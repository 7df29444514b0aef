import { closeSync } from 'node:fs'
import { isatty } from 'node:tty'

/**
 * When it ends, Node restores the settings of the terminal that it began with, and crashes (SIGABRT or SIGSEGV) if that
 * terminal was closed meanwhile. It leaves alone what is not open any more.
 */
export function endWithoutHungUpTerminal(): void {
  const terminals = [0, 1, 2].filter((fd) => isatty(fd))
  process.on('exit', () => {
    for (const fd of terminals) if (!isatty(fd)) closeSync(fd)
  })
}
