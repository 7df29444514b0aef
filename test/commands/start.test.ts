import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { freshFolder, writeConfig } from '../relay/running-relay.ts'
import { tracker } from './command-line.ts'

// Each process takes seconds to start on a machine that is busy with other things.
t.setTimeout(300_000)

t.test('start says what is in its way: a port that is taken, a database that is none', async (t) => {
  const folder = freshFolder(t)
  const taken = createServer()
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
  t.teardown(() => void taken.close())
  const { port } = taken.address() as { port: number }
  const busy = await tracker(['start', '-c', writeConfig(folder, { server: { port } })])
  t.equal(busy.code, 1)
  t.match(busy.stderr, `cannot listen on 127.0.0.1:${port}: listen EADDRINUSE`)
  t.notMatch(busy.stderr, /\n\s+at /)

  const databaseFile = join(folder, 'no database')
  writeFileSync(
    databaseFile,
    'this is a letter to my aunt, not a database at all; it is long enough to be read as one'.repeat(20),
  )
  const config = writeConfig(folder, { databaseFile })
  for (const args of [['start'], ['deliveries'], ['migrate']]) {
    const ran = await tracker([...args, '-c', config])
    t.equal(ran.code, 1, args.join(' '))
    t.match(ran.stderr, /^the database cannot be used: SQLITE_NOTADB[^\n]*\n$/m)
    t.notMatch(ran.stderr, /\n\s+at /)
  }
})
