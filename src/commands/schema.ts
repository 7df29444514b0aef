import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { exampleConfig } from '../config/example.ts'
import { relaySchema } from '../config/json-schema.ts'
import { configurationReference } from '../config/reference.ts'
import { loadConnectors } from '../connectors/registry.ts'
import { loadSources } from '../sources/registry.ts'
import { Activity } from '../tracker/activity.ts'
import { packageFolder, version } from './config-path.ts'
import { print } from './print.ts'

/** The files that are generated from the code, by path. */
async function generatedFiles(): Promise<Record<string, string>> {
  const connectors = await loadConnectors()
  const sources = await loadSources()
  const { openApiDocument } = await import('../routes/api/document.ts')
  return {
    'config/relay.schema.json': json(relaySchema(connectors, sources)),
    'config/relay.example.yaml': exampleConfig(connectors, sources),
    'docs/configuration.md': configurationReference(connectors, sources),
    'docs/activity.schema.json': json({ $schema: 'https://json-schema.org/draft/2020-12/schema', ...Activity }),
    'docs/openapi.json': json(await openApiDocument(version())),
  }
}

/** `tracker-relay schema`: prints the config's JSON schema, or with --write brings all generated files up to date. */
export async function schema(options: { write?: boolean; json?: boolean }): Promise<void> {
  if (options.write !== true) {
    print(json(relaySchema(await loadConnectors(), await loadSources())).trimEnd())
    return
  }
  for (const [path, text] of Object.entries(await generatedFiles())) {
    writeFileSync(join(packageFolder(), path), text)
    print(options.json === true ? JSON.stringify({ file: path }) : path)
  }
}

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`
