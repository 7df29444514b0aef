import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export function packageFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'migrations'))) folder = dirname(folder)
  return folder
}

export function version(): string {
  return (JSON.parse(readFileSync(join(packageFolder(), 'package.json'), 'utf8')) as { version: string }).version
}

/** `--config`, RELAY_CONFIG, config/relay.yaml in this folder, or the config that comes with the relay. */
export function configPath(option: string | undefined): string {
  const named = option ?? process.env.RELAY_CONFIG
  if (named !== undefined && named !== '') return named
  const here = join('config', 'relay.yaml')
  return existsSync(here) ? here : join(packageFolder(), 'config', 'relay.yaml')
}
