import { type DestinationStream, type Logger, pino, stdSerializers } from 'pino'

export type { Logger }

/**
 * The process's log: JSON lines, one for each request, delivery and decision. Whatever may hold a secret (the hook
 * address, headers) never gets here; the redaction is the second fence.
 */
export function createLogger(level: string, destination?: DestinationStream): Logger {
  const options = {
    level,
    base: null,
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: stdSerializers.err },
    redact: {
      paths: ['req.headers', 'headers.authorization', 'headers.cookie', '*.authorization', '*.token', '*.secret'],
      censor: '[secret]',
    },
  }
  return destination === undefined ? pino(options) : pino(options, destination)
}
