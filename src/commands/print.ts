import { visibleLines } from '../observability/visible.ts'

/** Everything that a command prints goes through here, so that text from outside never commands a terminal. */
export function print(text: string): void {
  printExactly(`${visibleLines(text)}\n`)
}

/** For what another program reads: exact bytes in a pipe or file, and like everything else on a terminal. */
export function printContent(content: string | Buffer): boolean {
  return printExactly(process.stdout.isTTY ? visibleLines(content.toString()) : content)
}

/** @returns whether more can be printed before the stream has drained */
export function printExactly(bytes: string | Uint8Array): boolean {
  try {
    return process.stdout.write(bytes)
  } catch (error) {
    // Node 20 throws what later versions report as an event.
    outputFailed(error as NodeJS.ErrnoException)
    return true
  }
}

/** On standard error. If that cannot be written, nobody can be told. */
export function complain(text: string): void {
  try {
    process.stderr.write(`${visibleLines(text)}\n`)
  } catch {}
}

/** Ends the process: what a command prints is all that it is run for. */
export function outputFailed(error: NodeJS.ErrnoException): void {
  // A reader that closes the pipe early, as `head` does, has read enough.
  if (error.code === 'EPIPE') process.exit()
  complain(`standard output cannot be written: ${error.message}`)
  process.exit(1)
}
