import { type DestinationStream, type Logger, pino, stdSerializers } from 'pino'

export type { DestinationStream, Logger }

let lastTime = 0
let lastText = ''

/** Under load many lines are of one millisecond. */
function timestamp(): string {
  const now = Date.now()
  if (now !== lastTime) {
    lastTime = now
    lastText = `,"time":"${new Date(now).toISOString()}"`
  }
  return lastText
}

/**
 * The process's log: JSON lines, one for each request, delivery and decision. Whatever may hold a secret (the hook's
 * address, headers, bodies) is never handed to it; what a target says goes through the redaction first.
 */
export function createLogger(level: string, destination?: DestinationStream): Logger {
  const options = {
    level,
    base: null,
    timestamp,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: stdSerializers.err },
  }
  return destination === undefined ? pino(options) : pino(options, destination)
}
