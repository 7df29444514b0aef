import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** @throws {Error} if the installation has been taken away under the running program */
export function packageFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'migrations'))) {
    const above = dirname(folder)
    if (above === folder) throw new Error('the folder migrations is missing from this installation')
    folder = above
  }
  return folder
}

export function version(): string {
  return (JSON.parse(readFileSync(join(packageFolder(), 'package.json'), 'utf8')) as { version: string }).version
}

/** `--config`, RELAY_CONFIG, or config/relay.yaml in the working directory; null if there is none of them. */
export function configPath(option: string | undefined): string | null {
  const named = option ?? process.env.RELAY_CONFIG
  if (named !== undefined && named !== '') return named
  const here = join('config', 'relay.yaml')
  return existsSync(here) ? here : null
}

/** The config that comes with the relay: one demo project, whose secret everybody knows. */
export function demoConfigPath(): string {
  return join(packageFolder(), 'config', 'relay.yaml')
}

/** Where `configPath` looks without being told. */
export function usualConfigPath(): string {
  return resolve('config', 'relay.yaml')
}
