import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { end } from '../child.ts'
import { freePort } from '../relay-process.ts'
import { installed, type Peer } from './peer.ts'
import { answers, startProgram } from './program.ts'

export const nodeRed: Peer = {
  name: 'Node-RED',
  note: `http in, xml, function, http request over kept connections; it answers 202 once the XML is parsed. It stores nothing: what
is under way is lost with the process. No duplicates found, no order per story, no retries, no authentication.`,

  async start({ folder, target }) {
    const found = installed('node-red')
    if (found === null) return 'not installed'
    const port = await freePort()
    const settings = join(folder, 'settings.js')
    writeFileSync(
      settings,
      `module.exports = ${JSON.stringify({
        uiHost: '127.0.0.1',
        uiPort: port,
        userDir: folder,
        flowFile: 'flows.json',
        httpAdminRoot: false,
        credentialSecret: false,
        logging: { console: { level: 'off' } },
      })}`,
    )
    writeFileSync(join(folder, 'flows.json'), JSON.stringify(flow(target)))
    const child = startProgram(join(found.folder, 'red.js'), ['--settings', settings], { HOME: folder })
    const origin = `http://127.0.0.1:${port}`
    try {
      await answers(child, `${origin}/ready`, 204)
    } catch (error) {
      await end(child)
      throw error
    }
    return { origin, path: '/hook', pid: child.pid ?? 0, version: found.version, stop: () => end(child) }
  },
}

function flow(target: string): object[] {
  const node = (id: string, type: string, more: object, ...wires: string[][]) => ({
    id,
    type,
    z: 'tab',
    wires,
    ...more,
  })
  const func = `const answer = { req: msg.req, res: msg.res, payload: '' }
msg.payload = JSON.stringify(msg.payload)
msg.headers = { 'content-type': 'application/json' }
return [msg, answer]`
  // Node-RED takes a property whose value is a node's id for a reference, so no id is a word that is used otherwise.
  return [
    { id: 'tab', type: 'tab', label: 'bench' },
    node('node-ready', 'http in', { url: '/ready', method: 'get' }, ['node-is-ready']),
    node('node-is-ready', 'http response', { statusCode: '204' }),
    node('node-hook', 'http in', { url: '/hook', method: 'post' }, ['node-xml']),
    node('node-xml', 'xml', { property: 'payload' }, ['node-json']),
    node('node-json', 'function', { func, outputs: 2 }, ['node-post'], ['node-accepted']),
    node('node-accepted', 'http response', { statusCode: '202' }),
    node('node-post', 'http request', { method: 'POST', ret: 'txt', url: target, persist: true }, []),
  ]
}
