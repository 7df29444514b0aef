import t from 'tap'
import { createAddressGuard } from '../../src/http/address-guard.ts'
import { createClient } from '../../src/http/client.ts'
import { SendError } from '../../src/http/send.ts'
import { startStandIn } from '../../src/stand-ins/stand-in.ts'

type Found = readonly { address: string; family: number }[]

const found = (...addresses: string[]): Found =>
  addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))

function open(resolve: (host: string) => Promise<Found>, allowAddresses: string[] = []) {
  return createClient({
    userAgent: 'tracker-relay/test',
    timeoutMs: 10_000,
    blockPrivateAddresses: true,
    allowAddresses,
    secrets: [],
    resolve,
  })
}

function verdict(host: string, allow: readonly string[] = []): 'passes' | 'blocked' {
  const guard = createAddressGuard({ blockPrivateAddresses: true, allow, resolve: async () => [] })
  try {
    guard.examineHost(new URL(`http://${host}/`).hostname)
    return 'passes'
  } catch (error) {
    if (error instanceof SendError && error.sent === 'no' && error.reason === 'blocked address') return 'blocked'
    throw error
  }
}

const reasonOf = (sending: Promise<unknown>): Promise<unknown> =>
  sending.then(
    () => 'it was answered',
    (error: unknown) => (error instanceof SendError ? error.reason : error),
  )

t.test('addresses of this machine, of private networks and of reserved ranges are blocked', async (t) => {
  const blocked = [
    [
      '127.0.0.1',
      '127.255.255.254',
      '0.0.0.0',
      '0.1.2.3',
      '10.0.0.1',
      '10.255.255.255',
      '172.16.0.1',
      '172.31.255.255',
    ],
    ['192.168.0.1', '192.168.255.255', '169.254.169.254', '169.254.0.1', '100.64.0.1', '100.127.255.255', '192.0.0.1'],
    ['192.0.2.1', '192.88.99.1', '198.18.0.1', '198.19.255.255', '198.51.100.1', '203.0.113.1', '224.0.0.1'],
    ['239.255.255.255', '240.0.0.1', '255.255.255.255'],
    ['[::]', '[::1]', '[fe80::1]', '[febf::1]', '[fec0::1]', '[fc00::1]', '[fd00:ec2::254]', '[fdff::1]', '[ff02::1]'],
    ['[2001:db8::1]', '[100::1]', '[5f00::1]', '[3fff::1]', '[2001::1]', '[2001:2::1]', '[4000::1]', '[64:ff9b:1::1]'],
  ].flat()
  for (const host of blocked) t.equal(verdict(host), 'blocked', host)
})

t.test('an IPv4 address within an IPv6 one is judged for itself', async (t) => {
  const cases = [
    ['[::ffff:127.0.0.1]', 'blocked'],
    ['[::ffff:7f00:1]', 'blocked'],
    ['[::ffff:a9fe:a9fe]', 'blocked'],
    ['[::ffff:8.8.8.8]', 'passes'],
    ['[::127.0.0.1]', 'blocked'],
    ['[64:ff9b::10.0.0.1]', 'blocked'],
    ['[64:ff9b::808:808]', 'passes'],
    ['[2002:7f00:1::]', 'blocked'],
    ['[2002:c0a8:101::1]', 'blocked'],
    ['[2002:808:808::1]', 'passes'],
    ['[2606:4700::5efe:10.0.0.1]', 'blocked'],
    ['[2606:4700::200:5efe:127.0.0.1]', 'blocked'],
    ['[2606:4700::5efe:8.8.8.8]', 'passes'],
  ] as const
  for (const [host, expected] of cases) t.equal(verdict(host), expected, host)
})

t.test('no way of writing an address gets past', async (t) => {
  const disguises = [
    ['127.1', '0', '2130706433', '0177.0.0.1', '0x7f000001', '0x7f.1', '017700000001', '127.0.0.1.', '127.000.000.001'],
    ['①②⑦.⓪.⓪.①', '⑯⑨。②⑤④。⑯⑨｡②⑤④', '１２７.0.0.1', '%31%32%37.0.0.1', '[0:0:0:0:0:ffff:127.0.0.1]'],
    ['2852039166', '0xa9fea9fe', '169.254.43518', '169.16689662', '1\t27.0.0.1', '127.0\n.0.1'],
  ].flat()
  for (const host of disguises) t.equal(verdict(host), 'blocked', JSON.stringify(host))
})

t.test('an address with another host written around it is judged by the host that is connected to', async (t) => {
  const cases = [
    ['http://8.8.8.8\\@127.0.0.1/', '8.8.8.8', 'passes'],
    ['http://127.0.0.1\\@8.8.8.8/', '127.0.0.1', 'blocked'],
    ['http://8.8.8.8#@169.254.169.254/', '8.8.8.8', 'passes'],
    ['http://127.0.0.1#@8.8.8.8/', '127.0.0.1', 'blocked'],
    ['http://127.0.0.1?@8.8.8.8/', '127.0.0.1', 'blocked'],
    ['http://8.8.8.8@127.0.0.1/', '127.0.0.1', 'blocked'],
    ['http://8.8.8.8%23@127.0.0.1/', '127.0.0.1', 'blocked'],
    ['http:127.0.0.1/', '127.0.0.1', 'blocked'],
    ['http:/\\/127.0.0.1/', '127.0.0.1', 'blocked'],
  ] as const
  for (const [url, host, expected] of cases) {
    const { hostname } = new URL(url)
    t.equal(hostname, host, url)
    t.equal(verdict(hostname), expected, url)
  }
})

t.test('numbers that overflow an address are no address', async (t) => {
  const client = open(async () => found('8.8.8.8'))
  t.teardown(() => client.close())
  for (const host of [
    '425.510.425.510',
    '4294967296',
    '256.0.0.1',
    '127.0.0.0x100',
    '[::ffff:256.0.0.1]',
    '[::1%25lo]',
  ])
    t.equal(await reasonOf(client.send({ method: 'GET', url: `http://${host}/` })), 'invalid request', host)
})

t.test('public addresses pass', async (t) => {
  const hosts = ['8.8.8.8', '1.1.1.1', '172.15.255.255', '172.32.0.1', '100.63.255.255', '100.128.0.1', '11.0.0.1']
  for (const host of [...hosts, '192.167.255.255', '198.20.0.1', '223.255.255.255', '[2606:4700::1111]', '[2a00::1]'])
    t.equal(verdict(host), 'passes', host)
})

t.test('what is allowed by name, address or range passes, and only that', async (t) => {
  const cases = [
    ['10.1.2.3', ['10.1.2.3'], 'passes'],
    ['10.1.2.4', ['10.1.2.3'], 'blocked'],
    ['10.1.2.4', ['10.1.0.0/16'], 'passes'],
    ['10.2.0.1', ['10.1.0.0/16'], 'blocked'],
    ['[::ffff:10.1.2.4]', ['10.1.0.0/16'], 'passes'],
    ['[fd00::5]', ['fd00::/8'], 'passes'],
    ['[fd00::5]', ['[fd00::5]'], 'passes'],
    ['[fd00::5]', ['10.0.0.0/8'], 'blocked'],
    ['10.1.2.3', ['0.0.0.0/0'], 'passes'],
    ['10.1.2.3', ['10.1.2.3/', '10.1.2.3/33', '10.1.2.3/x', '10.1', ''], 'blocked'],
  ] as const
  for (const [host, allow, expected] of cases) t.equal(verdict(host, allow), expected, `${host} with ${allow}`)
})

t.test('one private address among those of a name is enough to refuse it, and nothing is sent', async (t) => {
  const target = await startStandIn(() => ({ status: 200 }))
  t.teardown(() => target.close())
  const cases: Found[] = [
    found('127.0.0.1'),
    found('8.8.8.8', '127.0.0.1'),
    found('127.0.0.1', '8.8.8.8'),
    found('::1'),
    found('2606:4700::1111', '::ffff:127.0.0.1'),
    found('fe80::1%lo'),
    found('no address'),
  ]
  for (const addresses of cases) {
    const client = open(async () => addresses)
    const error = await client.send({ method: 'POST', url: `http://rebind.example:${target.port}/`, body: 'x' }).then(
      () => null,
      (reason: unknown) => reason,
    )
    t.match(error, { sent: 'no', reason: 'blocked address' }, JSON.stringify(addresses))
    await client.close()
  }
  t.strictSame(target.requests, [])
})

t.test('the refusal names the host, the address and the setting', async (t) => {
  const client = open(async () => found('10.0.0.7'))
  t.teardown(() => client.close())
  await t.rejects(client.send({ method: 'GET', url: 'http://jira.example/x?token=hush' }), {
    message:
      'jira.example is 10.0.0.7, which is in a private or reserved network; to allow it, add it to allow_addresses',
  })
  await t.rejects(client.send({ method: 'GET', url: 'http://10.0.0.7/x?token=hush' }), {
    message: '10.0.0.7 is in a private or reserved network; to allow it, add it to allow_addresses',
  })
})

t.test('the connection goes to the address that was examined, whatever the name says a moment later', async (t) => {
  const target = await startStandIn(() => ({ status: 200, headers: { connection: 'close' } }))
  const asked: string[] = []
  const client = open(
    async (host) => {
      asked.push(host)
      return asked.length === 1 ? found('127.0.0.2') : found('127.0.0.1')
    },
    ['127.0.0.1'],
  )
  t.teardown(() => Promise.all([client.close(), target.close()]))
  const url = `http://flip.example:${target.port}/`
  t.equal(await reasonOf(client.send({ method: 'POST', url, body: 'x' })), 'blocked address')
  t.strictSame(asked, ['flip.example'], 'one look-up for one connection')
  t.equal((await client.send({ method: 'POST', url, body: 'x' })).status, 200)
  t.strictSame(asked, ['flip.example', 'flip.example'])
  t.equal(target.requests.length, 1)
})

t.test('a host that is allowed by name may be anywhere', async (t) => {
  const target = await startStandIn(() => ({ status: 200 }))
  const client = open(async () => found('127.0.0.1'), ['Inside.Example'])
  t.teardown(() => Promise.all([client.close(), target.close()]))
  for (const host of ['inside.example', 'INSIDE.example.'])
    t.equal((await client.send({ method: 'GET', url: `http://${host}:${target.port}/` })).status, 200, host)
  t.equal(
    await reasonOf(client.send({ method: 'GET', url: `http://not.inside.example:${target.port}/` })),
    'blocked address',
  )
})

t.test("this machine's own name is blocked by what it resolves to", async (t) => {
  const target = await startStandIn(() => ({ status: 200 }))
  const client = createClient({
    userAgent: 'tracker-relay/test',
    timeoutMs: 10_000,
    blockPrivateAddresses: true,
    allowAddresses: [],
    secrets: [],
  })
  t.teardown(() => Promise.all([client.close(), target.close()]))
  t.equal(await reasonOf(client.send({ method: 'GET', url: `http://localhost:${target.port}/` })), 'blocked address')
  t.strictSame(target.requests, [])
})
