import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { request } from 'undici'
import { end, endWithBench } from './child.ts'
import { now } from './clock.ts'

/** The program as it is installed: one bundle, as `npm run build` makes it. */
export const PROGRAM = fileURLToPath(new URL('../program/main.js', import.meta.url))

export const HOOK = '/hooks/26/bench-secret'

export interface RelaySetup {
  /** Of the config and the database. */
  readonly folder: string
  /** The settings of each integration by its name; the project uses all of them. */
  readonly integrations: Readonly<Record<string, object>>
  /** The URL of a PostgreSQL database; without it, the store is a file in the folder. */
  readonly postgres?: string
}

export interface RelayProcess {
  readonly origin: string
  readonly pid: number
  readonly configFile: string
  /** From the start of the process until it is ready. */
  readonly startedInMs: number
  /** Its deliveries wait until it is resumed. */
  hold(integration: string): Promise<void>
  resume(integration: string): Promise<void>
  /** Lets deliveries that are under way end. */
  stop(): Promise<void>
  kill(): Promise<void>
}

/** A web hook that posts to one of the sink's targets, as a config has it. */
export function webhook(sink: string, target = 0, more: object = {}): object {
  const secret = 'a secret of more than 24 bytes'
  return { type: 'webhook', url: `${sink}/${target}`, secret, ...more }
}

/** Nobody listens there. */
export const NOWHERE = 'http://127.0.0.1:9'

export const databaseIn = (folder: string): string => join(folder, 'relay.db')

/** Writes the config. @returns its path */
export async function configure({
  folder,
  integrations,
  postgres,
}: RelaySetup): Promise<{ file: string; port: number }> {
  const port = await freePort()
  const file = join(folder, 'relay.yaml')
  const config = {
    server: { port, rate_limit: { enabled: false } },
    database: { file: databaseIn(folder), ...(postgres === undefined ? {} : { client: 'postgres', url: postgres }) },
    imports: { folder: join(folder, 'imports') },
    projects: [{ id: '26', secret: 'bench-secret', integrations: Object.keys(integrations) }],
    integrations,
  }
  // JSON is YAML too.
  writeFileSync(file, JSON.stringify(config))
  return { file, port }
}

/** Starts the relay as `npm start` does, with its log thrown away. */
export async function startRelay(setup: RelaySetup): Promise<RelayProcess> {
  const { file, port } = await configure(setup)
  const origin = `http://127.0.0.1:${port}`
  const began = now()
  const child = spawn(process.execPath, [PROGRAM, 'start', '--config', file], {
    env: { PATH: process.env.PATH },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  endWithBench(child)
  try {
    while (!(await isReady(origin))) {
      if (child.exitCode !== null || child.signalCode !== null)
        throw new Error(`the relay ended with ${child.exitCode ?? child.signalCode} before it was ready`)
      await pause(5)
    }
  } catch (error) {
    await end(child)
    throw error
  }
  async function steer(integration: string, verb: 'pause' | 'resume', given: object): Promise<void> {
    const token = readFileSync(join(setup.folder, 'admin-token'), 'utf8').trim()
    const { statusCode, body } = await request(`${origin}/api/v1/integrations/${integration}/${verb}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(given),
    })
    const text = await body.text()
    if (statusCode !== 200) throw new Error(`${verb} of ${integration} was answered ${statusCode}: ${text}`)
  }

  return {
    origin,
    pid: child.pid ?? 0,
    configFile: file,
    startedInMs: now() - began,
    hold: (integration) => steer(integration, 'pause', { reason: 'bench' }),
    resume: (integration) => steer(integration, 'resume', {}),
    stop: () => end(child, 'SIGTERM'),
    kill: () => end(child, 'SIGKILL'),
  }
}

async function isReady(origin: string): Promise<boolean> {
  try {
    const { statusCode, body } = await request(`${origin}/readyz`)
    await body.dump()
    return statusCode === 200
  } catch {
    return false
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
