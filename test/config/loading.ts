import { loadConfig } from '../../src/config/load.ts'
import { ConfigError, format } from '../../src/config/problem.ts'
import type { Config } from '../../src/config/schema.ts'
import { secretsOfIntegration } from '../../src/config/secrets.ts'
import type { Connector } from '../../src/connectors/contract/connector.ts'
import type { Source } from '../../src/sources/contract/source.ts'
import { FAKES } from './fakes.ts'

export interface Surroundings {
  readonly environment?: Readonly<Record<string, string>>
  /** The files of secrets, by their whole path. */
  readonly files?: Readonly<Record<string, string>>
  readonly connectors?: readonly Connector[]
  readonly sources?: readonly Source[]
}

/** Loads the text as config/relay.yaml. */
export function load(
  yaml: string,
  { environment = {}, files = {}, connectors = FAKES, sources = [] }: Surroundings = {},
): ReturnType<typeof loadConfig> {
  const all: Readonly<Record<string, string>> = { ...files, 'config/relay.yaml': yaml }
  return loadConfig({
    path: 'config/relay.yaml',
    environment,
    connectors,
    sources,
    readFile: (path) => {
      const text = all[path]
      if (text === undefined) throw Object.assign(new Error(`no ${path}`), { code: 'ENOENT' })
      return text
    },
  })
}

export function secretsOf(config: Config): readonly string[] {
  return config.integrations.flatMap((integration) => secretsOfIntegration(config, integration))
}

/** The lines about a text that must not load, without the name of the file. */
export function problems(yaml: string, surroundings: Surroundings = {}): readonly string[] {
  try {
    load(yaml, surroundings)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.message.split('\n').map(withoutFile)
  }
  return []
}

/** The lines of the warnings about a text that loads. */
export function warnings(yaml: string, surroundings: Surroundings = {}): readonly string[] {
  const found = load(yaml, surroundings).warnings
  return found.length === 0 ? [] : format('config/relay.yaml', found).split('\n').map(withoutFile)
}

function withoutFile(line: string): string {
  return line.replace(/^config\/relay\.yaml:/, '')
}
