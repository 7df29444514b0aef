#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { get } from 'node:http'
import { listeningOf } from '../config/listening.ts'
import { configPath } from './config-path.ts'

// `node dist/health.js [config]` ends with 0 when the relay of this config is alive. It is no command of main.ts because
// a container asks every 30 seconds, and loading all that the commands need takes a second of computing each time.

const LIMIT_MS = 4000

/** An address that stands for all of this machine's is no address to connect to. */
const ANY: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1', '0': '127.0.0.1' }

async function answer(): Promise<number> {
  const { host, port } = listeningOf(readFileSync(configPath(process.argv[2]), 'utf8'), process.env)
  if (port === 0) throw new Error('server.port is 0: nobody knows which port the relay has taken')
  return await new Promise((resolve, reject) => {
    const options = { host: ANY[host] ?? host, port, path: '/healthz', signal: AbortSignal.timeout(LIMIT_MS) }
    get(options, (response) => resolve(response.resume().statusCode ?? 0)).on('error', reject)
  })
}

try {
  const status = await answer()
  if (status !== 200) throw new Error(`/healthz answered ${status}`)
  process.exit(0)
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
}
