import { type DestinationStream, type Logger, pino, stdSerializers } from 'pino'

export type { DestinationStream, Logger }

let lastTime = 0
let lastText = ''

/** Cached, since under load many lines have the same millisecond. */
function timestamp(): string {
  const now = Date.now()
  if (now !== lastTime) {
    lastTime = now
    lastText = `,"time":"${new Date(now).toISOString()}"`
  }
  return lastText
}

/**
 * JSON lines, one for each request, delivery and decision. Nothing that may hold a secret (a hook's path, headers, bodies)
 * may be logged; what a target says is redacted first.
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
