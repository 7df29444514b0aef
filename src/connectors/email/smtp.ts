import { isIP } from 'node:net'
import { hostname } from 'node:os'
import { Readable } from 'node:stream'
import type SMTPConnection from 'nodemailer/lib/smtp-connection'
import { attemptNow } from '../../http/attempt.ts'
import type { Wire } from '../../http/wire.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import type { Mail } from './message.ts'
import { type Phase, refusedBy } from './refusal.ts'
import { portOf, type Settings } from './settings.ts'

export interface Accepted {
  /** The server's last answer, with its id of the mail if it tells one. */
  readonly response: string
  /** Those that it does not take, while it takes others. */
  readonly rejected: readonly string[]
  /** Those of them that it may take later. */
  readonly deferred: readonly string[]
  /** What it said of the first of these; empty if there is none. */
  readonly why: string
}

export interface Smtp {
  /** Connects and logs in, and nothing more. @throws {DeliveryError} */
  verify(): Promise<void>
  /**
   * @param rest the recipients who do not have it yet, if others have: then it is no error if none of them is taken
   * @throws {DeliveryError} in doubt only if all of the mail may have been taken
   */
  send(mail: Mail, rest: readonly string[] | null): Promise<Accepted>
}

/** One mail in each connection: servers close idle ones, and a lost one leaves nothing else in doubt. */
export function createSmtp(settings: Settings, wire: Wire, timeoutMs: number): Smtp {
  const { host, security, user, password } = settings
  const port = portOf(settings)

  /** Runs `work` in a connection that is logged in, within the time limit. */
  async function connected<T>(
    work: (connection: SMTPConnection, enter: (phase: Phase) => void) => Promise<T>,
  ): Promise<T> {
    let phase: Phase = 'connecting'
    let connection: SMTPConnection | null = null
    let isLate = false
    const timer = setTimeout(() => {
      isLate = true
      connection?.close()
    }, timeoutMs)
    try {
      // Loaded when the first mail is sent.
      const { default: Connection } = await import('nodemailer/lib/smtp-connection')
      const socket = await wire.open(host, port)
      const opened = new Connection({
        ...{ host, port, connection: socket, name: nameOfHost(), socketTimeout: timeoutMs, greetingTimeout: timeoutMs },
        ...{ secure: security === 'tls', requireTLS: security === 'starttls', ignoreTLS: security === 'none' },
        tls: { ...wire.tls, rejectUnauthorized: true, ...(isIP(host) === 0 ? { servername: host } : {}) },
      })
      connection = opened
      await asked<void>(opened, (done) => opened.connect((error) => done(error)))
      if (user !== undefined && password !== undefined) {
        phase = 'logging in'
        await asked<unknown>(opened, (done) => opened.login({ user, pass: password }, (error) => done(error)))
      }
      return await work(opened, (entered) => {
        phase = entered
      })
    } catch (error) {
      // Our own reasons not to send.
      if (!(error instanceof Error) || error instanceof DeliveryError) throw error
      throw refusedBy(isLate ? new Error(`it took longer than ${timeoutMs / 1000} s`) : error, phase, settings)
    } finally {
      clearTimeout(timer)
      connection?.quit()
    }
  }

  return {
    verify: () => connected(async () => {}),
    async send(mail, rest) {
      const message = await composed(mail)
      const began = performance.now()
      const record = (status: number | null, response: string, error: string | null): void =>
        wire.record({
          method: 'SMTP',
          url: `smtp://${host}:${port}`,
          requestHeaders: {
            from: mail.from,
            to: (rest ?? mail.to).join(', '),
            subject: mail.subject,
            'message-id': mail.messageId,
          },
          requestBody: mail.text,
          ...{ status, responseHeaders: {}, responseBody: response, error },
          durationMs: Math.round(performance.now() - began),
        })
      try {
        const accepted = await connected(async (connection, enter) => {
          enter('naming sender and recipients')
          const fence = attemptNow()?.fence ?? null
          await fence?.ask()
          const late = fence?.tooLate() ?? null
          if (late !== null) throw late
          // It is read only after the server has agreed to take it.
          const text = Readable.from(
            (function* () {
              enter('sending the text')
              yield message
            })(),
          )
          return await asked<Accepted>(connection, (done) =>
            connection.send({ from: mail.from, to: [...(rest ?? mail.to)] }, text, (error, info) => {
              const none: Refusals = error ?? {}
              if (rest !== null && none.rejectedErrors !== undefined) done(null, acceptedOf(none))
              else done(error, acceptedOf(info ?? {}))
            }),
          )
        })
        record(250, accepted.response, null)
        return accepted
      } catch (error) {
        if (error instanceof Error)
          record('status' in error && typeof error.status === 'number' ? error.status : null, '', error.message)
        throw error
      }
    },
  }
}

/** What nodemailer tells of recipients, in an answer and in the error when all of them were refused. */
interface Refusals {
  readonly response?: string | undefined
  readonly rejected?: readonly unknown[] | undefined
  readonly rejectedErrors?:
    | readonly {
        readonly recipient?: string | undefined
        readonly responseCode?: number | undefined
        readonly response?: string | undefined
      }[]
    | undefined
}

function acceptedOf({ response = '', rejected = [], rejectedErrors = [] }: Refusals): Accepted {
  const later = rejectedErrors.filter(({ responseCode = 500 }) => responseCode < 500)
  return {
    response,
    rejected: rejected.map(String),
    deferred: later.flatMap(({ recipient }) => recipient ?? []),
    why: later[0]?.response ?? '',
  }
}

async function composed(mail: Mail): Promise<Buffer> {
  const { default: MailComposer } = await import('nodemailer/lib/mail-composer')
  const node = new MailComposer({ ...mail, to: [...mail.to], disableFileAccess: true, disableUrlAccess: true })
  return await node.compile().build()
}

/** The answer to one question; an error of the connection, or its end, is one too. */
function asked<T>(
  connection: SMTPConnection,
  ask: (done: (error?: Error | null, value?: T) => void) => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    // A later error has nobody to tell, but must not end the process.
    connection.on('error', reject)
    connection.on('end', () => reject(new Error('the connection was closed')))
    ask((error, value) => (error ? reject(error) : resolve(value as T)))
  })
}

/** For EHLO, where a name without a dot is refused by some servers. */
function nameOfHost(): string {
  const name = hostname()
  return /^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$/.test(name) ? name : '[127.0.0.1]'
}
