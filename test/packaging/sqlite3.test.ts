import { execSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import t from 'tap'

const FOLDER = join('node_modules', 'sqlite3')

/** What sqlite3's build script is answered by node-addon-api: it asks by commands, as in <!@(node -p "require('...').include"). */
function answers(): Map<string, string> {
  const script = readFileSync(join(FOLDER, 'binding.gyp'), 'utf8')
  const commands = [...script.matchAll(/<!@?\((node -p \\"require\('node-addon-api'\)\.(\w+)\\")\)/g)]
  return new Map(
    commands.map(([, command = '', property = '']) => [
      property,
      execSync(command.replaceAll('\\"', '"'), { cwd: FOLDER, encoding: 'utf8' }).trim(),
    ]),
  )
}

t.test('sqlite3 is compiled with relative paths, so that the path of the project may have a blank in it', async (t) => {
  const found = answers()
  t.ok(found.has('include'), 'its build script still asks for the headers this way')
  for (const [property, answer] of found) {
    t.notOk(isAbsolute(answer), `${property}: ${answer}`)
    t.notMatch(answer, /[\s"]/)
  }
  const headers = found.get('include') ?? ''
  t.notMatch(headers, /\\/, 'nor does it have what gyp takes for an escape')
  t.ok(existsSync(join(FOLDER, headers, 'napi.h')))
})
