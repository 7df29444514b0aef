import { SendError } from '../../http/send.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import { oneLine } from '../kit/one-line.ts'
import type { Settings } from './settings.ts'

/** How far a mail had come. */
export type Phase = 'connecting' | 'logging in' | 'naming sender and recipients' | 'sending the text'

/** What SMTP says of an error, as nodemailer hands it on. */
interface SmtpError {
  readonly responseCode?: number
  readonly response?: string
  readonly command?: string
  readonly code?: string
}

/** RFC 5321, section 4.2: 4xx may succeed later, 5xx never. Until the last answer to the text nothing is taken. */
export function refusedBy(error: Error, phase: Phase, settings: Pick<Settings, 'host'>): DeliveryError {
  if (error instanceof SendError) return unreached(error)
  const { responseCode: status = null, response = '', command = '', code = '' } = error as SmtpError
  const who = `the mail server ${settings.host}`
  if (status === null || status < 400) return unanswered(error, phase, who, code)
  const said = `${who} answered ${oneLine(response) || status}`
  if (status === 421 || (status < 500 && phase !== 'sending the text' && phase !== 'naming sender and recipients'))
    return new DeliveryError('retry', said, { status, targetDown: true })
  if (status < 500) return new DeliveryError('retry', said, { status })
  const hold = (setting: string, fix: string): DeliveryError =>
    new DeliveryError('hold', `${said}; ${fix}`, { status, setting })
  if (command === 'STARTTLS') return hold('security', 'no secure connection can be had there; check security and port')
  if (phase === 'connecting') return hold('host', 'it lets nobody in from here')
  if (phase === 'logging in') return hold('password', 'it rejects the login; correct user and password')
  if ([530, 534, 535, 538].includes(status)) return hold('user', 'it wants a login; set user and password')
  if (command.startsWith('MAIL')) return hold('from', 'it does not let this login send from that address')
  if (command.startsWith('RCPT')) return hold('to', 'it takes no mail for any of these addresses')
  return new DeliveryError('dead', `${said}; it refuses this mail`, { status })
}

function unreached(error: SendError): DeliveryError {
  const isOurs = error.reason === 'blocked address'
  return new DeliveryError(isOurs ? 'hold' : 'retry', error.message, {
    targetDown: !isOurs,
    setting: 'host',
    cause: error,
  })
}

function unanswered(error: Error, phase: Phase, who: string, code: string): DeliveryError {
  const why = oneLine(error.message)
  // Whether the server had all of it, nobody knows.
  if (phase === 'sending the text')
    return new DeliveryError('in doubt', `${who} did not say whether it has the mail (${why})`, { targetDown: true })
  if (code === 'ETLS')
    return new DeliveryError(
      'hold',
      `${who}: no secure connection (${why}); check security, port and connection.ca_file`,
      {
        setting: 'security',
      },
    )
  if (code === 'EENVELOPE' || code === 'EMESSAGE')
    return new DeliveryError('dead', `${who} cannot be sent this mail (${why})`)
  return new DeliveryError('retry', `${who}: ${why} (${phase})`, { targetDown: true })
}
