import { readdirSync, readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { startExaminer } from '../../src/store/dialect/examiner.ts'
import { freshFolder, writeMigratedDatabase } from './database.ts'

const HAS_PROC = process.platform === 'linux'

/** The priorities of the threads of the process that examines the file; null if there is none. */
function prioritiesOf(file: string): number[] | null {
  const pid = readdirSync('/proc').find((name) => /^\d+$/.test(name) && commandOf(name).includes(file))
  if (pid === undefined) return null
  return readdirSync(`/proc/${pid}/task`).map((thread) => {
    // Behind the name, which may have blanks in it: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
    const fields = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
    return Number(fields[16])
  })
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}

t.test('what examines a database gives way to its relay', { skip: !HAS_PROC && 'there is no /proc' }, async (t) => {
  const file = join(freshFolder(t), 'relay.db')
  await writeMigratedDatabase(file)
  const examiner = startExaminer(file)
  await examiner.begun
  t.strictSame(await examiner.found, [])
  const priorities = prioritiesOf(file) ?? []
  t.ok(priorities.length > 1, 'it has a thread for SQLite')
  t.strictSame([...new Set(priorities)], [constants.priority.PRIORITY_BELOW_NORMAL])
  await examiner.end()
  t.equal(prioritiesOf(file), null, 'and is gone when it is ended')
})

t.test('what is no database leaves the verdict to the relay', async (t) => {
  const examiner = startExaminer(join(freshFolder(t), 'missing.db'))
  await examiner.begun
  t.equal(await examiner.found, null)
  await examiner.end()
})
