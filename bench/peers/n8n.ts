import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { end } from '../child.ts'
import { freePort } from '../relay-process.ts'
import { installed, type Peer } from './peer.ts'
import { answers, startProgram } from './program.ts'

const WORKFLOW = 'benchbenchbench1'

export const n8n: Peer = {
  name: 'n8n',
  part: 0.05,
  note: `a web hook, which parses the XML, and an HTTP Request node, with SQLite; executions that succeed are not saved. It answers as soon
as the workflow begins. What is under way is lost with the process. No duplicates found, no order per story.`,

  async start({ folder, target }) {
    const found = installed('n8n')
    if (found === null) return 'not installed'
    const port = await freePort()
    const program = join(found.folder, 'bin', 'n8n')
    const env = { ...ENVIRONMENT, HOME: folder, N8N_USER_FOLDER: folder, N8N_PORT: String(port) }
    const file = join(folder, 'workflow.json')
    writeFileSync(file, JSON.stringify(workflow(target)))
    const command = (...args: string[]) =>
      execFileSync(process.execPath, [program, ...args], { env: { PATH: process.env.PATH, ...env }, stdio: 'ignore' })
    command('import:workflow', `--input=${file}`)
    try {
      command('publish:workflow', `--id=${WORKFLOW}`)
    } catch {
      // Before version 2.
      command('update:workflow', `--id=${WORKFLOW}`, '--active=true')
    }
    const child = startProgram(program, ['start'], env)
    const origin = `http://127.0.0.1:${port}`
    try {
      await answers(child, `${origin}/healthz/readiness`, 200)
      await answers(child, `${origin}/webhook/ready`, 200)
    } catch (error) {
      await end(child)
      throw error
    }
    return { origin, path: '/webhook/hook', pid: child.pid ?? 0, version: found.version, stop: () => end(child) }
  },
}

const ENVIRONMENT = {
  N8N_LISTEN_ADDRESS: '127.0.0.1',
  N8N_LOG_OUTPUT: 'file',
  N8N_LOG_LEVEL: 'error',
  N8N_DIAGNOSTICS_ENABLED: 'false',
  N8N_VERSION_NOTIFICATIONS_ENABLED: 'false',
  N8N_TEMPLATES_ENABLED: 'false',
  N8N_PERSONALIZATION_ENABLED: 'false',
  N8N_RUNNERS_ENABLED: 'false',
  EXECUTIONS_DATA_SAVE_ON_SUCCESS: 'none',
}

function workflow(target: string): object[] {
  const node = (name: string, type: string, typeVersion: number, parameters: object) => {
    const webhookId = type === 'webhook' ? { webhookId: name } : {}
    return { id: name, name, type: `n8n-nodes-base.${type}`, typeVersion, position: [0, 0], parameters, ...webhookId }
  }
  const to = (name: string) => ({ main: [[{ node: name, type: 'main', index: 0 }]] })
  return [
    {
      id: WORKFLOW,
      name: 'bench',
      active: false,
      settings: { executionOrder: 'v1', saveDataSuccessExecution: 'none' },
      nodes: [
        node('ready', 'webhook', 2, { path: 'ready', httpMethod: 'GET', responseMode: 'onReceived' }),
        node('hook', 'webhook', 2, {
          path: 'hook',
          httpMethod: 'POST',
          responseMode: 'onReceived',
          options: { rawBody: false },
        }),
        node('post', 'httpRequest', 4.2, {
          method: 'POST',
          url: target,
          sendBody: true,
          specifyBody: 'json',
          jsonBody: '={{ JSON.stringify($json.body) }}',
        }),
      ],
      // n8n parses the XML of a web hook itself.
      connections: { hook: to('post') },
    },
  ]
}
