import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { freshFolder } from '../store/database.ts'
import { sqlite } from './database-kind.ts'
import { eventually } from './eventually.ts'
import { type OrdealParts, ordeal, type Round, roundsOf } from './ordeal.ts'

const ROUNDS = roundsOf(1, 0.1)
const DISK_MEGABYTES = 16
/** For each file, where nobody may mount a disk; in blocks of 512 bytes or, for some shells, 1024. */
const LIMIT_BLOCKS = 2048
const ROOM_BYTES = 64 * 1024

t.setTimeout(300_000 + ROUNDS * 20_000)

/** How there is no room for a while. */
type Scarcity = Pick<OrdealParts, 'form' | 'strike' | 'gateway' | 'options'> & Partial<Pick<OrdealParts, 'rounds'>>

t.test('a relay whose disk is full refuses, and goes on when there is room again', async (t) => {
  const scarcity = smallDisk(t) ?? limitOfFiles()
  await ordeal(t, { rounds: ROUNDS, ...scarcity, database: sqlite, instances: 1, leaseMs: 1500 })
})

/** Null: only root can mount one. */
function smallDisk(t: Test): Scarcity | null {
  const folder = join(freshFolder(t), 'disk')
  mkdirSync(folder)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MEGABYTES}m`, 'tmpfs', folder], { stdio: 'ignore' })
  } catch {
    return null
  }
  t.teardown(() => execFileSync('umount', ['-l', folder]))
  const filler = join(folder, 'filler')
  return {
    form: 'disk full and free again',
    gateway: { database: join(folder, 'relay.db') },
    async strike(round) {
      const before = round.refusals()
      fill(filler)
      await isRefusing(round, before)
      rmSync(filler)
    },
  }
}

function fill(filler: string): void {
  // Bytes by bytes in the end, so that nothing is left.
  for (const size of [1024 * 1024, 4096])
    for (let isFull = false; !isFull; ) {
      try {
        writeFileSync(filler, Buffer.alloc(size), { flag: 'a' })
      } catch {
        isFull = true
      }
    }
}

/** No file may grow beyond a limit, which is lifted again: in the running process, or else for the next one. */
function limitOfFiles(): Scarcity {
  const form = 'files at their limit, and free again'
  if (!hasPrlimit())
    return {
      form,
      // Where the log has outgrown the limit, no relay could start with it: so there is one round.
      rounds: 1,
      options: (nth) => (nth === 0 ? { limits: { f: LIMIT_BLOCKS } } : {}),
      async strike(round) {
        await isRefusing(round, round.refusals())
        await round.fleet.kill(0)
        await round.fleet.start(0)
      },
    }
  return {
    form,
    async strike(round) {
      const { pid } = round.fleet.relay(0)
      const { database } = round.gateway
      const before = round.refusals()
      const largest = Math.max(...['', '-wal'].map((end) => statSync(`${database}${end}`).size))
      setFileLimit(pid, String(largest + ROOM_BYTES))
      await isRefusing(round, before)
      setFileLimit(pid, 'unlimited')
    },
  }
}

function hasPrlimit(): boolean {
  try {
    setFileLimit(process.pid, 'unlimited')
    return true
  } catch {
    return false
  }
}

/** The soft one alone, so that it can be raised again. */
function setFileLimit(pid: number, bytes: string): void {
  execFileSync('prlimit', ['--pid', String(pid), `--fsize=${bytes}:`], { stdio: 'ignore' })
}

async function isRefusing({ fleet, refusals }: Round, before: number): Promise<void> {
  await eventually(async () => {
    if (refusals() > before) return true
    const { status } = await fetch(`${fleet.addresses(0)[0]}/readyz`)
    return status === 503
  }, 'it says that there is no room')
}
