import type { DestinationStream } from 'pino'
import pretty from 'pino-pretty'
import { visible } from './visible.ts'

const BARE = /^[^\s"'=\\{}[\]]+$/

/** Fields with a fixed place in the line. */
const ELSEWHERE = new Set(['level', 'time', 'msg'])

/**
 * Writes the log for people, one line each, with local time:
 * `16:20:01 INFO: James Kirk accepted "More power to shields" integration=log ...`.
 */
export function prettyDestination(hasColours: boolean, destination: DestinationStream): DestinationStream {
  const format = pretty.prettyFactory({
    colorize: hasColours,
    translateTime: 'SYS:HH:MM:ss',
    singleLine: true,
    // The fields are part of the message instead, without braces.
    hideObject: true,
    messageFormat: (line, _, __, { colors }) => {
      const message = typeof line.msg === 'string' ? visible(line.msg) : ''
      const fields = fieldsOf(line)
      return fields === '' ? message : `${message}${message === '' ? '' : ' '}${colors.gray(fields)}`
    },
    customPrettifiers: { time: String },
  })
  return { write: (line) => void destination.write(`${format(line)}\n`) }
}

function fieldsOf(line: Readonly<Record<string, unknown>>): string {
  return Object.entries(line)
    .filter(([name]) => !ELSEWHERE.has(name))
    .map(([name, value]) => visible(`${name}=${shown(value)}`))
    .join(' ')
}

function shown(value: unknown): string {
  if (typeof value === 'string') return BARE.test(value) ? value : JSON.stringify(value)
  // The stack begins with the error's type and message.
  if (typeof value === 'object' && value !== null && 'stack' in value && typeof value.stack === 'string')
    return JSON.stringify(value.stack.replace(/\s*\n\s*/g, ' '))
  return JSON.stringify(value)
}
