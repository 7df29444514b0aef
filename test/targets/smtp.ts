import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { SMTPServer, type SMTPServerSession } from 'smtp-server'

/** A mail as the server took it. */
export interface Taken {
  readonly from: string
  readonly to: readonly string[]
  readonly isEncrypted: boolean
  readonly user: string | null
  /** Unfolded and decoded, by their names in lower case; each that is there twice is listed twice. */
  readonly headers: readonly (readonly [string, string])[]
  readonly text: string
  readonly html: string
}

export interface Mailbox {
  readonly port: number
  readonly mails: Taken[]
  readonly state: {
    /** Answered to the command instead of what it would be. */
    refuse: { readonly at: 'login' | 'from' | 'to' | 'text'; readonly code: number; readonly words: string } | null
    /** Recipients that it does not take. */
    unknown: string[]
    /** Recipients that it does not take for now. */
    deferred: string[]
    /** What happens to the next mail: taken, and then nothing is said; or the connection ends in the middle of it. */
    trouble: 'lose the answer' | 'hang' | 'reset' | null
  }
  close(): Promise<void>
}

export const LOGIN = { user: 'relay', password: 'Kq3v-Relay-Mail-9xT' }
const certificate = (name: string): string => readFileSync(`test/http/certificates/${name}`, 'utf8')

export async function startMailbox({
  security = 'starttls',
}: {
  security?: 'starttls' | 'tls' | 'none'
} = {}): Promise<Mailbox> {
  const mails: Taken[] = []
  const state: Mailbox['state'] = { refuse: null, unknown: [], deferred: [], trouble: null }
  const refusal = (at: string): Error | null => {
    const { refuse } = state
    return refuse?.at === at ? Object.assign(new Error(refuse.words), { responseCode: refuse.code }) : null
  }
  const sockets = new Map<string, { destroy(): void }>()

  const server = new SMTPServer({
    secure: security === 'tls',
    key: certificate('good.key'),
    cert: certificate('good.pem'),
    ...(security === 'none' ? { disabledCommands: ['STARTTLS'], allowInsecureAuth: true } : {}),
    authOptional: true,
    closeTimeout: 100,
    logger: false,
    onAuth({ username, password }, _, callback) {
      const wrong = Object.assign(new Error('5.7.8 Bad credentials'), { responseCode: 535 })
      if (refusal('login') !== null) callback(refusal('login'))
      else if (username === LOGIN.user && password === LOGIN.password) callback(null, { user: username })
      else callback(wrong)
    },
    onMailFrom: (_, __, callback) => callback(refusal('from')),
    onRcptTo({ address }, _, callback) {
      const missing = Object.assign(new Error('5.1.1 No such user'), { responseCode: 550 })
      const greylisted = Object.assign(new Error('4.2.0 Greylisted'), { responseCode: 450 })
      const refused = state.unknown.includes(address) ? missing : state.deferred.includes(address) ? greylisted : null
      callback(refusal('to') ?? refused)
    },
    onData(stream, session, callback) {
      const { trouble } = state
      if (trouble === 'reset') {
        state.trouble = null
        stream.once('data', () => sockets.get(session.id)?.destroy())
        stream.resume()
        return
      }
      void buffer(stream).then((raw) => {
        const refused = refusal('text')
        if (refused !== null) return callback(refused)
        mails.push(takenOf(raw.toString('latin1'), session))
        state.trouble = null
        if (trouble === 'lose the answer') sockets.get(session.id)?.destroy()
        else if (trouble === null) callback(null, `2.0.0 Ok: queued as ${mails.length}`)
      })
    },
  })
  // The library keeps a session's socket to itself.
  server.server.on(security === 'tls' ? 'secureConnection' : 'connection', (socket: { destroy(): void }) => {
    last = socket
  })
  let last: { destroy(): void } = { destroy: () => {} }
  server.onConnect = (session, callback) => {
    sockets.set(session.id, last)
    callback()
  }
  server.on('error', () => {})
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  const { port } = server.server.address() as AddressInfo
  return {
    port,
    mails,
    state,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets.values()) socket.destroy()
      }),
  }
}

function takenOf(raw: string, { envelope, secure, user }: SMTPServerSession): Taken {
  const { headers, body } = partOf(raw)
  const boundary = /boundary="([^"]+)"/.exec(headerNamed(headers, 'content-type'))?.[1] ?? ''
  const parts = body
    .split(`--${boundary}`)
    .slice(1, -1)
    .map((part) => partOf(part.replace(/^\r\n/, '')))
  const decoded = (type: string): string => {
    const part = parts.find(({ headers }) => headerNamed(headers, 'content-type').startsWith(type))
    return part === undefined ? '' : decode(part.body, headerNamed(part.headers, 'content-transfer-encoding'))
  }
  return {
    from: envelope.mailFrom === false ? '' : envelope.mailFrom.address,
    to: envelope.rcptTo.map(({ address }) => address),
    isEncrypted: secure,
    user: typeof user === 'string' ? user : null,
    headers: headers.map(([name, value]) => [name, words(value)]),
    text: decoded('text/plain'),
    html: decoded('text/html'),
  }
}

type Header = readonly [string, string]

function partOf(raw: string): { headers: readonly Header[]; body: string } {
  const end = raw.indexOf('\r\n\r\n')
  const lines = raw
    .slice(0, end)
    .replace(/\r\n[ \t]+/g, ' ')
    .split('\r\n')
  const headers = lines.map(
    (line): Header => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()],
  )
  return { headers, body: raw.slice(end + 4) }
}

export function headerNamed(headers: readonly Header[], name: string): string {
  return headers.find(([each]) => each === name)?.[1] ?? ''
}

function decode(body: string, encoding: string): string {
  if (encoding === 'base64') return Buffer.from(body, 'base64').toString()
  return encoding === 'quoted-printable' ? printed(body.replace(/=\r\n/g, '')) : body
}

const printed = (text: string): string =>
  Buffer.from(
    text.replace(/=([0-9A-F]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16))),
    'latin1',
  ).toString()

/** RFC 2047; the blank between two encoded words is not shown. */
function words(value: string): string {
  return value
    .replace(/\?= +(?==\?)/g, '?=')
    .replace(/=\?utf-8\?([BQ])\?([^?]*)\?=/gi, (_, kind: string, text: string) =>
      kind.toUpperCase() === 'B' ? Buffer.from(text, 'base64').toString() : printed(text.replaceAll('_', ' ')),
    )
}
