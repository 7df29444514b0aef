import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import openapiTS, { astToString } from 'openapi-typescript'
import t, { type Test } from 'tap'
import ts from 'typescript'
import { OPERATOR, READER } from './administered.ts'
import { withDead } from './dead-hook.ts'

const DOCUMENT = JSON.parse(readFileSync('docs/openapi.json', 'utf8')) as Parameters<typeof openapiTS>[0]

/** What a program's author writes who has the document alone. */
const CLIENT = `
import createClient from 'openapi-fetch'
import type { paths } from './api.js'

export async function replayDead(baseUrl: string, token: string): Promise<string[]> {
  const relay = createClient<paths>({ baseUrl, headers: { authorization: 'Bearer ' + token } })
  const dead = await relay.GET('/api/v1/deliveries', { params: { query: { state: 'dead', integration: 'hook' } } })
  if (dead.data === undefined) throw new Error(dead.error.title + ': ' + dead.error.detail)
  const states: string[] = []
  for (const { id } of dead.data.items) {
    const replayed = await relay.POST('/api/v1/deliveries/{id}/replay', { params: { path: { id } }, body: {} })
    if (replayed.data === undefined) throw new Error(replayed.error.title + ': ' + replayed.error.detail)
    states.push(replayed.data.state)
  }
  const again = await relay.POST('/api/v1/replays', { body: { deliveries: { integration: 'hook' }, dry_run: true } })
  return [...states, String(again.data?.total)]
}
`

interface Client {
  replayDead(baseUrl: string, token: string): Promise<string[]>
}

/** A folder in which the generated types are, and the libraries of the project can be found. */
async function generated(t: Test): Promise<string> {
  const folder = mkdtempSync(resolve('build', 'client-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'api.d.ts'), astToString(await openapiTS(DOCUMENT, { defaultNonNullable: false })))
  return folder
}

/** @returns what the compiler says of the client, and its JavaScript */
function compiled(folder: string, text: string): { problems: string[]; script: string } {
  const file = join(folder, 'client.ts')
  writeFileSync(file, text)
  const options: ts.CompilerOptions = {
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: true,
    target: ts.ScriptTarget.ES2023,
    lib: ['lib.es2023.d.ts', 'lib.dom.d.ts'],
    types: [],
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
  }
  const program = ts.createProgram([file], options)
  let script = ''
  program.emit(undefined, (_path, content) => {
    script = content
  })
  const problems = ts.getPreEmitDiagnostics(program)
  return { problems: problems.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' ')), script }
}

t.test('a client that is generated from the document finds a dead delivery and replays it', async (t) => {
  const folder = await generated(t)
  const { problems, script } = compiled(folder, CLIENT)
  t.strictSame(problems, [])
  const misspelt = compiled(folder, CLIENT.replace("'dead'", "'deaf'"))
  t.match(misspelt.problems, [/"deaf".* is not assignable/], 'and its types know the words of the API')

  writeFileSync(join(folder, 'client.mjs'), script)
  const { replayDead } = (await import(pathToFileURL(join(folder, 'client.mjs')).href)) as Client
  const { relay, receiver } = await withDead(t, 1)
  await t.rejects(replayDead(relay.url, READER), { message: /role read; this needs a token with the role operate/ })
  receiver.standIn.down(null)
  t.strictSame(await replayDead(relay.url, OPERATOR), ['pending', '0'])
  await relay.allSettled(1)
  t.equal(receiver.accepted.length, 1)
})
