import { join } from 'node:path'
import t from 'tap'
import { freshFolder, startRelay, writeConfigAndDatabase } from '../gateway/running-relay.ts'
import { changed } from '../gateway/tracker-says.ts'
import { tracker } from './command-line.ts'

// Each process takes seconds to start on a machine that is busy with other things.
t.setTimeout(300_000)

t.test('integrations tells how each stands', async (t) => {
  const relay = await startRelay(t, { integrations: { room: { type: 'log' }, other: { type: 'log' } } })
  const config = join(relay.folder, 'relay.yaml')
  t.equal(
    (await tracker(['integrations', '-c', config])).stdout,
    'room (log): running; no deliveries\nother (log): running; no deliveries\n',
  )
  await relay.post(changed(1, { story: '101', state: 'accepted' }))
  await relay.allSettled(2)
  await tracker(['pause', 'other', '-c', config])
  t.equal(
    (await tracker(['integrations', '-c', config])).stdout,
    'room (log): running; delivered 1\nother (log): paused: paused by the operator; delivered 1\n',
  )
  await tracker(['resume', 'other', '-c', config])
  t.match((await tracker(['integrations', '-c', config])).stdout, /^other \(log\): running; delivered 1$/m)
})

t.test('pause and resume know only the integrations of the config', async (t) => {
  const config = await writeConfigAndDatabase(freshFolder(t), { integrations: { room: { type: 'log' } } })
  for (const verb of ['pause', 'resume'])
    t.strictSame(await tracker([verb, 'rooom', '-c', config]), {
      code: 1,
      stdout: '',
      stderr: 'the config has no integration "rooom", only: room\n',
    })
})
