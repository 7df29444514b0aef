import { readFileSync, writeFileSync } from 'node:fs'
import t from 'tap'
import { eventually } from './eventually.ts'
import { startRelayProcess } from './relay-process.ts'
import { ask, freshFolder, rowsOf, SECRET, seriesOf, writeConfig } from './running-relay.ts'
import { startSlowReceiver } from './slow-receiver.ts'
import { changed, PROJECT } from './tracker-says.ts'

// Each process takes seconds to start on a machine that is busy with other things.
t.setTimeout(300_000)

const HOOK = `/hooks/${PROJECT}/${SECRET}`
const started = (number: number): string => changed(number, { story: String(100 + number), state: 'started' })

async function post(url: string, number: number): Promise<void> {
  const { status, text } = await ask(`${url}${HOOK}`, { method: 'POST', body: started(number) })
  if (status !== 202) throw new Error(text)
}

async function metric(url: string, name: string): Promise<number | undefined> {
  return seriesOf((await ask(`${url}/metrics`, {})).text).get(name)
}

t.test(
  'SIGHUP puts another config in force without a restart, and disturbs nothing that stayed the same',
  async (t) => {
    const one = await startSlowReceiver(t)
    const two = await startSlowReceiver(t)
    const folder = freshFolder(t)
    const kept = { type: 'webhook', url: `${one.url}/one` }
    const config = writeConfig(folder, { integrations: { kept } })
    const relay = await startRelayProcess(t, config)
    const release = one.holdAnswers()
    await post(relay.url, 1)
    await eventually(
      () => one.requests.length,
      (count) => count === 1,
      'a delivery is under way',
    )
    writeConfig(folder, { integrations: { kept, added: { type: 'webhook', url: `${two.url}/two` } } })
    relay.signal('SIGHUP')
    await eventually(
      () => relay.lines('config reloaded').length,
      (count) => count === 1,
      'it is reloaded',
    )
    await post(relay.url, 2)
    await eventually(
      () => two.answered.length,
      (count) => count === 1,
      'the new integration is told',
    )
    t.equal(one.answered.length, 0)
    release()
    await eventually(
      () => one.answered.length,
      (count) => count === 2,
      'the one that stayed goes on',
    )
    t.equal(one.requests.length, 2, 'what was under way was not sent again')
    t.equal(relay.lines('relay started').length, 1)
    const rows = await eventually(
      () => rowsOf(folder, 'deliveries'),
      (all) => all.every(({ state }) => state === 'delivered'),
      'all is delivered',
    )
    t.strictSame(
      rows.map(({ integration, attempts }) => [integration, attempts]),
      [
        ['kept', 1],
        ['kept', 1],
        ['added', 1],
      ],
    )
  },
)

t.test('a broken file changes nothing: the config before stays in force, and log and metrics say so', async (t) => {
  const receiver = await startSlowReceiver(t)
  const folder = freshFolder(t)
  const config = writeConfig(folder, { integrations: { builds: { type: 'webhook', url: receiver.url } } })
  const relay = await startRelayProcess(t, config)
  t.equal(await metric(relay.url, 'relay_config_last_reload_successful'), 1)
  const good = readFileSync(config, 'utf8')
  const broken = [
    ['{', /relay\.yaml/],
    [good.replace('"builds"', '"bilds"'), /bilds|builds/],
    [good.replace('"port"', '"prot"'), /server\.prot is not a known setting; did you mean "port"\?/],
    [good.replace(SECRET, 'no secret: with blanks'), /projects\[0\]\.secret/],
  ] as const
  let count = 0
  for (const [text, problem] of broken) {
    writeFileSync(config, text)
    relay.signal('SIGHUP')
    count += 1
    const refused = 'config refused; the previous config stays in force'
    await eventually(
      () => relay.lines(refused).length,
      (lines) => lines === count,
      `it is refused: ${text}`,
    )
    t.match(relay.lines(refused).at(-1), { level: 'error', problem })
    t.equal(await metric(relay.url, 'relay_config_last_reload_successful'), 0)
  }
  t.notMatch(relay.output(), 'no secret: with blanks')
  await post(relay.url, 1)
  await eventually(
    () => receiver.answered.length,
    (answered) => answered === 1,
    'it delivers as before',
  )
  writeFileSync(config, good)
  relay.signal('SIGHUP')
  await eventually(
    () => metric(relay.url, 'relay_config_last_reload_successful'),
    (value) => value === 1,
    'the mended file is taken',
  )
})
