import { type DestinationStream, type Logger, pino, stdSerializers } from 'pino'

export type { Logger }

/**
 * The process's log: JSON lines, one for each request, delivery and decision. Whatever may hold a secret (the hook's
 * address, headers, bodies) is never handed to it; what a target says goes through the redaction first.
 */
export function createLogger(level: string, destination?: DestinationStream): Logger {
  const options = {
    level,
    base: null,
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: stdSerializers.err },
  }
  return destination === undefined ? pino(options) : pino(options, destination)
}
