import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { freshFolder } from '../store/database.ts'
import { sqlite } from './database-kind.ts'
import { eventually } from './eventually.ts'
import { ordeal, type Round, roundsOf } from './ordeal.ts'

const ROUNDS = roundsOf(1, 0.1)
const DISK_MEGABYTES = 16

t.setTimeout(300_000 + ROUNDS * 20_000)

t.test('a relay whose disk is full refuses, and goes on when there is room again', async (t) => {
  const folder = join(freshFolder(t), 'disk')
  mkdirSync(folder)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MEGABYTES}m`, 'tmpfs', folder], { stdio: 'ignore' })
  } catch {
    t.pass('a small disk', { skip: 'only root can mount one' })
    return
  }
  t.teardown(() => execFileSync('umount', ['-l', folder]))
  const filler = join(folder, 'filler')
  await ordeal(t, {
    ...{ form: 'disk full and free again', database: sqlite, instances: 1, rounds: ROUNDS, leaseMs: 1500 },
    gateway: { database: join(folder, 'relay.db') },
    strike: (round) => fillAndFree(round, filler),
  })
})

async function fillAndFree({ fleet, refusals }: Round, filler: string): Promise<void> {
  const before = refusals()
  // Bytes by bytes in the end, so that nothing is left.
  for (const size of [1024 * 1024, 4096])
    for (let isFull = false; !isFull; ) {
      try {
        writeFileSync(filler, Buffer.alloc(size), { flag: 'a' })
      } catch {
        isFull = true
      }
    }
  await eventually(async () => {
    if (refusals() > before) return true
    const { status } = await fetch(`${fleet.addresses(0)[0]}/readyz`)
    return status === 503
  }, 'it says that the disk is full')
  rmSync(filler)
}
