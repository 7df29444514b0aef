import { spawn } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'
import { sealedCredentials } from '../../src/store/sealed-credentials.ts'
import { openStore } from '../../src/store/store.ts'
import { eventually } from '../gateway/eventually.ts'
import { MAIN } from '../gateway/relay-process.ts'
import { freshFolder, startRelay, writeConfigAndDatabase } from '../gateway/running-relay.ts'
import { changed } from '../gateway/tracker-says.ts'
import { startTwitter, type Twitter } from '../targets/twitter.ts'
import { type Ran, tracker } from './command-line.ts'

t.setTimeout(300_000)

const OLD_KEY = 'the key that everything was sealed with before'
const NEW_KEY = 'the key that is to take the place of that one'

function setup(target: Twitter, keys: readonly string[] = [OLD_KEY]) {
  const { consumerKey: consumer_key, consumerSecret: consumer_secret } = target.app
  return {
    credentials: { keys },
    integrations: {
      news: {
        type: 'twitter',
        api_base_url: target.url,
        authorize_base_url: target.url,
        consumer_key,
        consumer_secret,
      },
    },
  }
}

/** Runs `connect` and, when it shows an address, does there what a person does. */
async function connectByPin(
  config: string,
  agree: (address: string) => string,
  options: readonly string[] = [],
): Promise<Ran> {
  const child = spawn(process.execPath, [MAIN, 'connect', 'twitter', 'news', '-c', config, ...options])
  let [stdout, stderr] = ['', '']
  let hasAgreed = false
  const agreeOnce = (): void => {
    const address = /(https?:\/\/\S+)\n/.exec(stdout + stderr)?.[1]
    if (hasAgreed || address === undefined) return
    hasAgreed = true
    child.stdin.write(`${agree(address)}\n`)
  }
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString()
    agreeOnce()
  })
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString()
    agreeOnce()
  })
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { code, stdout, stderr }
}

t.test('a PIN authorises the account, what waited is sent, and disconnecting holds what comes then', async (t) => {
  const target = await startTwitter()
  t.teardown(() => target.close())
  const folder = freshFolder(t)
  const relay = await startRelay(t, { ...setup(target), folder })
  const config = join(folder, 'relay.yaml')
  await relay.post(changed(1, { story: '109', state: 'accepted' }))
  await eventually(
    () => relay.deliveries(),
    ([delivery]) => delivery?.state === 'held',
    'what comes before is held',
  )
  const ran = await connectByPin(config, (address) => target.oauth.visit(address).pin ?? '')
  t.match(ran, { code: 0, stdout: /news is authorised as @enterprise; a running relay continues within seconds\n$/ })
  await relay.allSettled(1)
  t.equal(target.posts.length, 1)

  t.match(await tracker(['disconnect', 'twitter', 'news', '-c', config]), {
    code: 0,
    stdout: 'news is disconnected: its tokens are deleted, nothing more is sent, and new deliveries are kept\n',
  })
  await relay.post(changed(2, { story: '109', state: 'accepted' }))
  t.match(
    (await relay.store.auditList({ limit: 5 })).map(({ who, action, subject }) => [who, action, subject]),
    [
      ['command line', 'disconnect', 'integration news'],
      ['command line', 'connect', 'integration news'],
    ],
  )
  t.match(await tracker(['integrations', '-c', config]), { stdout: /^news +twitter +paused .*: disconnected/m })
  t.equal(target.posts.length, 1)
})

t.test('connect and disconnect give a program their result alone, and a person what to do', async (t) => {
  const target = await startTwitter()
  t.teardown(() => target.close())
  const config = await writeConfigAndDatabase(freshFolder(t), setup(target))
  const agree = (address: string): string => target.oauth.visit(address).pin ?? ''
  const connected = await connectByPin(config, agree, ['--json'])
  t.equal(connected.code, 0, connected.stderr)
  t.strictSame(JSON.parse(connected.stdout), { integration: 'news', type: 'twitter', account: '@enterprise' })
  t.match(connected.stderr, /open this address, and agree:\n\n {2}http/)
  const { code, stdout } = await tracker(['disconnect', 'twitter', 'news', '--json', '-c', config])
  t.equal(code, 0)
  t.strictSame(JSON.parse(stdout), { integration: 'news', type: 'twitter', account: null, standing: 'paused' })
})

t.test('a wrong PIN, or none, changes nothing and is told in a sentence', async (t) => {
  const target = await startTwitter()
  t.teardown(() => target.close())
  const config = await writeConfigAndDatabase(freshFolder(t), setup(target))
  const wrong = await connectByPin(config, (address) => {
    target.oauth.visit(address)
    return '0000000'
  })
  t.match(wrong, { code: 1, stderr: /PIN/ })
  t.notMatch(wrong.stderr, /\n {4}at /)
  t.match(await tracker(['connect', 'twitter', 'news', '-c', config]), {
    code: 1,
    stderr: /no PIN was given; nothing was changed\n$/,
  })
})

t.test('what cannot be authorised is said, with what to do', async (t) => {
  const target = await startTwitter()
  t.teardown(() => target.close())
  const config = await writeConfigAndDatabase(freshFolder(t), setup(target))
  const noKeys = await writeConfigAndDatabase(freshFolder(t), setup(target, []))
  for (const [args, path, said] of [
    [
      ['connect', 'twitter', 'nobody'],
      config,
      /the config has no integration "nobody"; those of the type twitter are: news/,
    ],
    [['connect', 'mastodon', 'news'], config, /news has the type twitter: tracker-relay connect twitter news/],
    [['disconnect', 'mastodon', 'news'], config, /news has the type twitter: tracker-relay disconnect twitter news/],
    [['connect', 'mastodon', 'toots'], config, /the config has no integration of the type mastodon/],
    [['connect', 'twitter', 'news'], noKeys, /credentials\.keys is empty/],
    [['disconnect', 'twitter', 'news'], noKeys, /credentials\.keys is empty/],
    [['rotate-key'], noKeys, /credentials\.keys is empty/],
  ] as const)
    t.match(await tracker([...args, '-c', path]), { code: 1, stdout: '', stderr: said }, args.join(' '))
})

t.test('rotate-key encrypts everything with the first key, and names what no key decrypts', async (t) => {
  const target = await startTwitter()
  t.teardown(() => target.close())
  const folder = freshFolder(t)
  const config = await writeConfigAndDatabase(folder, setup(target, [NEW_KEY, OLD_KEY]))
  const store = openStore({ client: 'sqlite', file: join(folder, 'relay.db') })
  t.teardown(() => store.close())
  await store.migrate()
  const by = (key: string) => {
    const credentials = sealedCredentials(store, [key], Date.now)
    if (credentials === undefined) throw new Error('there is a key')
    return credentials
  }
  await by(OLD_KEY).save('one', 'a token')
  await by(OLD_KEY).save('two', 'another')
  t.match(await tracker(['rotate-key', '-c', config]), {
    code: 0,
    stdout: /^2 credentials are encrypted with the first/,
  })
  t.match(await store.auditList({ limit: 5 }), [
    { who: 'command line', action: 'rotate key', subject: '2 of 2 stored credentials' },
  ])
  t.equal(await by(NEW_KEY).load('one'), 'a token')
  t.equal(await by(NEW_KEY).load('two'), 'another')
  await t.rejects(by(OLD_KEY).load('one'), /cannot be decrypted with any key/)

  await by('a key that nobody has any more, and that is lost').save('lost', 'gone')
  await by(OLD_KEY).save('three', 'a third')
  const json = await tracker(['rotate-key', '--json', '-c', config])
  t.equal(json.code, 1)
  t.strictSame(JSON.parse(json.stdout), { encrypted: ['one', 'three', 'two'], lost: ['lost'] })
  t.match(await tracker(['rotate-key', '-c', config]), {
    code: 1,
    stderr: /^no key decrypts lost: put the old key back/,
  })
  t.equal(await by(NEW_KEY).load('three'), 'a third')
})
