import github from '../../src/sources/github/index.ts'
import gitlab from '../../src/sources/gitlab/index.ts'
import linear from '../../src/sources/linear/index.ts'
import shortcut from '../../src/sources/shortcut/index.ts'
import { testMangled } from './mangled.ts'
import { configuredSource, recordedBodies } from './recorded.ts'

const sources = [
  [github, { signing_secret: 'not-needed', states: { bug: 'started' } }],
  [gitlab, { secret_token: 'not-needed', states: { Doing: 'started' } }],
  [linear, { signing_secret: 'not-needed' }],
  [shortcut, {}],
] as const

for (const [source, settings] of sources)
  testMangled(
    configuredSource(source, settings),
    recordedBodies(`test/sources/${source.name}/recorded`).map(({ body }) => body),
  )
