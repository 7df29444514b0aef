import t from 'tap'
import { BROKEN } from './answered/broken.ts'
import { playRounds } from './answered/rounds.ts'
import { brokenRelay } from './broken-relay.ts'
import { chance } from './chance.ts'
import { sqlite } from './database-kind.ts'

// On a machine that is busy with other things.
t.setTimeout(300_000)
// Most of a round is waiting.
const AT_ONCE = 2

t.test('the rounds between the answer and the commit catch a build in which', { jobs: AT_ONCE }, async (t) => {
  const builds = BROKEN.map((build) =>
    t.test(build.name, { buffered: true }, async (t) => {
      const program = await brokenRelay(t, build)
      const { verdict } = await playRounds(t, {
        ...{ database: sqlite, chance: chance(), kinds: [build.kind], options: { program } },
        places: ['hook', 'campfire', 'jira', 'gitlab'],
      })
      const found = verdict[build.as]
      t.ok(Array.isArray(found) && found.length > 0, `${build.as}: ${JSON.stringify(found)}`)
    }),
  )
  await Promise.all(builds)
})
