import { type Static, Type } from 'typebox'
import type { Configured, Connector } from '../connectors/contract/connector.ts'
import type { commonSchema } from './common-settings.ts'
import { projectSchema } from './project.ts'
import { serverSchema } from './server.ts'
import { credentialsSchema, databaseSchema, importsSchema, logSchema, retentionSchema } from './storage.ts'

/** The file as a whole; the settings of an integration are checked by the schema that belongs to its type. */
export const rootSchema = Type.Object(
  {
    server: serverSchema,
    database: databaseSchema,
    credentials: credentialsSchema,
    log: logSchema,
    retention: retentionSchema,
    imports: importsSchema,
    projects: Type.Array(projectSchema, {
      description: 'The Tracker projects whose activities are taken.',
      maxItems: 10_000,
      default: [],
    }),
    integrations: Type.Record(Type.String(), Type.Unknown(), {
      description: 'Where activities are carried on to: a name of your own, and under it a type and its settings.',
      default: {},
    }),
  },
  { additionalProperties: false },
)

type Root = Static<typeof rootSchema>
type WrittenProject = Static<typeof projectSchema>

export type { ImportConfig } from './import-settings.ts'
export type TrackerConfig = NonNullable<WrittenProject['tracker']>
/** The settings that every integration has besides its connector's own. */
type CommonSettings = Static<typeof commonSchema>

/** A project as the relay uses it: `secret` has become the only one of `secrets`, and the name is the id where none is given. */
export type ProjectConfig = Omit<WrittenProject, 'secret' | 'secrets' | 'name'> & {
  readonly name: string
  /** Any of these opens the hook; never empty. */
  readonly secrets: readonly string[]
}

/** A connector with a name and settings. */
export interface IntegrationConfig {
  readonly name: string
  readonly type: string
  readonly connector: Connector
  /** The connector's own settings, checked by its schema and with its defaults filled in; what is done with them is `configured`. */
  readonly settings: unknown
  readonly configured: Configured
  /** What the operator wrote, the common settings too: no defaults. Variables and files of secrets are filled in. */
  readonly written: Readonly<Record<string, unknown>>
  readonly common: CommonSettings
}

/** The whole configuration, checked: every reference leads somewhere, every default is filled in. */
export type Config = Omit<Root, 'projects' | 'integrations'> & {
  readonly projects: readonly ProjectConfig[]
  /** In the order of the file. */
  readonly integrations: readonly IntegrationConfig[]
}
