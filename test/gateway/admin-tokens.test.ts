import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { loadConfig } from '../../src/config/load.ts'
import { configuredTokens, madeToken } from '../../src/gateway/admin-tokens.ts'
import { freshFolder } from '../store/database.ts'

function configIn(folder: string, more = '') {
  const path = join(folder, 'relay.yaml')
  writeFileSync(path, `database: { file: ${JSON.stringify(join(folder, 'data/relay.db'))} }\n${more}`)
  return loadConfig({ path, environment: { TOKEN: 'from-the-environment-1' }, connectors: [] }).config
}

t.test('the token that the relay makes is kept beside the database, for its own user alone', async (t) => {
  const folder = freshFolder(t)
  const config = configIn(folder)
  t.strictSame(configuredTokens(config), [])
  const made = madeToken(config)
  t.equal(made.file, join(folder, 'data/admin-token'))
  t.match(made.token, /^[\w-]{32}$/)
  t.equal(readFileSync(made.file, 'utf8'), `${made.token}\n`)
  t.equal(statSync(made.file).mode & 0o777, 0o600)
  t.equal(statSync(join(folder, 'data')).mode & 0o777, 0o700)
  t.strictSame(madeToken(config), { ...made, isKept: true }, 'the next start finds it')
})

t.test('a file that was emptied is no token', async (t) => {
  const config = configIn(freshFolder(t))
  const { file, token } = madeToken(config)
  writeFileSync(file, '\n')
  const next = madeToken(config)
  t.not(next.token, token)
  t.equal(readFileSync(file, 'utf8'), `${next.token}\n`)
})

t.test('a named pipe in the place of the token is not waited for', async (t) => {
  const folder = freshFolder(t)
  const config = configIn(folder)
  const { file } = madeToken(config)
  rmSync(file)
  execFileSync('mkfifo', [file])
  t.throws(() => madeToken(config), { message: `${file} is a named pipe, not a regular file` })
})

t.test('tokens come from the environment and from files, and server.admin_token may operate', async (t) => {
  const folder = freshFolder(t)
  writeFileSync(join(folder, 'token'), 'from-a-file-0000000001\n')
  const variable = '$'.concat('{TOKEN}')
  const tokens = `admin: { tokens: [{ name: sulu, token: "${variable}" }, { name: kirk, role: operate, token: "file:token" }] }\n`
  const config = configIn(folder, `${tokens}server: { admin_token: an-older-one-00000001 }\n`)
  t.strictSame(configuredTokens(config), [
    { name: 'sulu', role: 'read', token: 'from-the-environment-1' },
    { name: 'kirk', role: 'operate', token: 'from-a-file-0000000001' },
    { name: 'server.admin_token', role: 'operate', token: 'an-older-one-00000001' },
  ])
  t.notOk(existsSync(join(folder, 'data/admin-token')))
})

t.test('two tokens of one name or one value are told apart by nobody', async (t) => {
  const folder = freshFolder(t)
  const twice = (one: string, other: string): string => `admin: { tokens: [${one}, ${other}] }\n`
  t.throws(
    () => configIn(folder, twice('{ name: a, token: 1111111111111111a }', '{ name: a, token: 2222222222222222a }')),
    /admin\.tokens\[1\]\.name must be different for each token/,
  )
  const problem = message(() =>
    configIn(folder, twice('{ name: a, token: 1111111111111111a }', '{ name: b, token: 1111111111111111a }')),
  )
  t.match(problem, /admin\.tokens\[1\]\.token must be different for each token/)
  t.notMatch(problem, '11111')
})

function message(work: () => unknown): string {
  try {
    work()
    return 'nothing was thrown'
  } catch (error) {
    return String(error)
  }
}
