import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { exampleConfig } from '../config/example.ts'
import { relaySchema } from '../config/json-schema.ts'
import { CONNECTORS } from '../connectors/registry.ts'
import { Activity } from '../tracker/activity.ts'
import { packageFolder } from './config-path.ts'
import { print } from './environment.ts'

/** The files that are made from the code, by their path in the project. */
export function generatedFiles(): Record<string, string> {
  return {
    'config/relay.schema.json': json(relaySchema(CONNECTORS)),
    'config/relay.example.yaml': exampleConfig(CONNECTORS),
    'docs/activity.schema.json': json({ $schema: 'https://json-schema.org/draft/2020-12/schema', ...Activity }),
  }
}

/** `relay schema`: prints the config's JSON schema, or with --write brings all generated files up to date. */
export function schema(options: { write?: boolean }): void {
  if (options.write !== true) {
    print(json(relaySchema(CONNECTORS)).trimEnd())
    return
  }
  for (const [path, text] of Object.entries(generatedFiles())) {
    writeFileSync(join(packageFolder(), path), text)
    print(path)
  }
}

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`
