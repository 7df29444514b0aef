#!/usr/bin/env node
import { get } from 'node:http'
import { listeningOf, reachableHost } from '../config/listening.ts'
import { readRegularFile } from '../config/regular-file.ts'
import { configPath, demoConfigPath } from './config-path.ts'
import { complain } from './print.ts'

// `node dist/health.js [config]` ends with 0 if the relay of this config is alive. It is not a command of main.ts, because
// a container asks every 30 seconds, and loading what the commands need takes a second of CPU time.

const LIMIT_MS = 4000

async function answer(): Promise<number> {
  const { host, port, socket } = listeningOf(
    readRegularFile(configPath(process.argv[2]) ?? demoConfigPath()).toString(),
    process.env,
  )
  if (socket === undefined && port === 0)
    throw new Error('server.port is 0, so the port of the relay is unknown; set a fixed port')
  return await new Promise((resolve, reject) => {
    const place = socket === undefined ? { host: reachableHost(host), port } : { socketPath: socket }
    const options = { ...place, path: '/healthz', signal: AbortSignal.timeout(LIMIT_MS) }
    get(options, (response) => resolve(response.resume().statusCode ?? 0)).on('error', reject)
  })
}

try {
  const status = await answer()
  if (status !== 200) throw new Error(`/healthz answered ${status}`)
  process.exit(0)
} catch (error) {
  complain(error instanceof Error ? error.message : String(error))
  process.exit(1)
}
