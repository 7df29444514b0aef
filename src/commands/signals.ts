/** What the signals of this process cause; set by the command that runs. */
export interface SignalHandlers {
  stop(signal: NodeJS.Signals): void
  reload(): void
}

let handlers: SignalHandlers | null = null
let reloadAsked = false

/**
 * Keeps the signals that come while the relay starts: until then the system's default for SIGHUP would end the process.
 * A signal to stop ends it as long as nothing is open.
 */
export function keepSignals(): void {
  const stop = (signal: NodeJS.Signals): void => {
    if (handlers === null) process.exit(0)
    handlers.stop(signal)
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  process.on('SIGHUP', () => {
    if (handlers === null) reloadAsked = true
    else handlers.reload()
  })
}

/** A reload that was asked for before comes at once. */
export function handleSignals(given: SignalHandlers): void {
  handlers = given
  if (!reloadAsked) return
  reloadAsked = false
  given.reload()
}
