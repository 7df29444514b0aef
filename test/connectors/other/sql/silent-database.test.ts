import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { openOther } from '../other-source.ts'
import { isInstalled } from './installed.ts'

const SILENCE = {
  level: 'error',
  setting: null,
  message:
    'the database does not answer: check that it runs; if it is only slow, raise source.database.timeout_seconds (now 1)',
}

/** A server that takes connections, and says something only as `heard` lets it; it tells when a connection is over. */
async function silentServer(
  t: Test,
  heard: (data: Buffer, socket: Socket) => void = () => {},
  greeting = Buffer.alloc(0),
) {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.write(greeting)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    socket.on('data', (data) => heard(data, socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(async () => {
    for (const socket of sockets) socket.destroy()
    server.close()
    await once(server, 'close')
  })
  return {
    port: (server.address() as AddressInfo).port,
    async isLeft() {
      await Promise.all([...sockets].map((socket) => once(socket, 'close')))
    },
  }
}

const message = (type: string, ...parts: (string | number)[]): Buffer => {
  const body = Buffer.concat(
    parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from([0, 0, 0, part]))),
  )
  const length = Buffer.alloc(4)
  length.writeUInt32BE(body.length + 4)
  return Buffer.concat([Buffer.from(type), length, body])
}

/** PostgreSQL's "Message Flow": lets anybody in, answers so many statements, and then nothing more. */
function postgresUntil(answers: number) {
  let left = answers
  return (data: Buffer, socket: Socket): void => {
    // The first message alone has no type: its length comes first, and so a zero.
    if (data[0] === 0) socket.write(Buffer.concat([message('R', 0), message('Z', 'I')]))
    else if (data[0] !== 0x58 && left-- > 0)
      socket.write(Buffer.concat([message('1'), message('2'), message('n'), message('C', 'OK\0'), message('Z', 'T')]))
  }
}

/** Checks servers that fall silent after so many answers; null: before their greeting. */
async function areGivenUp(
  t: Test,
  client: 'postgres' | 'mysql',
  serverFor: (answers: number | null) => ReturnType<typeof silentServer>,
  cases: readonly (number | null)[],
): Promise<void> {
  const all = cases.map(async (answers) => {
    const server = await serverFor(answers)
    const url = `${client}://relay:secret@127.0.0.1:${server.port}/tickets`
    const { check } = openOther(t, { sql: 'select 1 as id, 2 as name', database: { client, url, timeout_seconds: 1 } })
    t.strictSame(await check(), [SILENCE], `${answers ?? 'not even a greeting, and no'} statements answered`)
    await server.isLeft()
  })
  await Promise.all(all)
}

t.test('a PostgreSQL server that accepts the connection and falls silent is given up and disconnected', async (t) => {
  const serverFor = (answers: number | null) => silentServer(t, answers === null ? undefined : postgresUntil(answers))
  // begin, two settings, the cursor, the rows
  await areGivenUp(t, 'postgres', serverFor, [null, 0, 1, 3, 4])
})

const skip = isInstalled('mysql2') ? false : 'needs the package mysql2'

/** MySQL's "Connection Phase" with the plugin mysql_native_password: lets anybody in, answers so many, then nothing. */
function mysqlUntil(answers: number) {
  let left = answers + 1
  let greeted = false
  const packet = (number: number, body: Buffer): Buffer =>
    Buffer.concat([Buffer.from([body.length, 0, 0, number]), body])
  const ok = Buffer.from([0, 0, 0, 2, 0, 0, 0])
  return (_: Buffer, socket: Socket): void => {
    if (left-- > 0) socket.write(packet(greeted ? 1 : 2, ok))
    greeted = true
  }
}

const GREETING = Buffer.concat([
  Buffer.from('\x0a8.0.36\0\x01\0\0\0saltsalt\0', 'latin1'),
  // What it can do: protocol 4.1, secure connection, plugins; utf8mb4; no transaction.
  Buffer.from([0x00, 0x82, 0x2d, 0x02, 0x00, 0x08, 0x00, 21, ...Array<number>(10).fill(0)]),
  Buffer.from('saltsaltsalt\0mysql_native_password\0', 'latin1'),
])

t.test(
  'a MySQL server that accepts the connection and falls silent is given up and disconnected',
  { skip },
  async (t) => {
    const greeting = Buffer.concat([Buffer.from([GREETING.length, 0, 0, 0]), GREETING])
    const serverFor = (answers: number | null) =>
      answers === null ? silentServer(t) : silentServer(t, mysqlUntil(answers), greeting)
    // the time zone, the limit of time, the transaction
    await areGivenUp(t, 'mysql', serverFor, [null, 0, 1, 3])
  },
)
