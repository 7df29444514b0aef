import { type Static, Type } from 'typebox'
import type { Configured, Connector } from '../connectors/contract/connector.ts'
import type { ConfiguredSource, Source } from '../sources/contract/source.ts'
import type { Filter } from '../tracker/filter.ts'
import { adminSchema } from './admin.ts'
import type { commonSchema } from './common-settings.ts'
import type { Connection } from './connection-settings.ts'
import { projectSchema } from './project.ts'
import { serverSchema } from './server.ts'
import {
  credentialsSchema,
  databaseSchema,
  dataDirSchema,
  importsSchema,
  logSchema,
  noticesSchema,
  retentionSchema,
} from './storage.ts'

/** The file as a whole; the settings of an integration are checked by the schema of its type. */
export const rootSchema = Type.Object(
  {
    data_dir: dataDirSchema,
    server: serverSchema,
    admin: adminSchema,
    database: databaseSchema,
    credentials: credentialsSchema,
    log: logSchema,
    retention: retentionSchema,
    imports: importsSchema,
    notices: noticesSchema,
    projects: Type.Array(projectSchema, {
      description: 'The projects whose activities are accepted.',
      maxItems: 10_000,
      default: [],
    }),
    integrations: Type.Record(Type.String(), Type.Unknown(), {
      description: 'Where activities are passed on to: a name of your own, and under it a type and its settings.',
      default: {},
    }),
  },
  { additionalProperties: false },
)

type Root = Static<typeof rootSchema>
type WrittenProject = Static<typeof projectSchema>

export type { ImportConfig } from './import-settings.ts'
export type TrackerConfig = NonNullable<WrittenProject['tracker']>

/** A project as the relay uses it: a single `secret` is in `secrets` too, and `name` defaults to the id. */
export type ProjectConfig = Omit<WrittenProject, 'secret' | 'secrets' | 'name' | 'source' | 'story_url'> & {
  readonly name: string
  /** Absent: Tracker. */
  readonly source?: SourceConfig
  /** Null: the links that the tool sends. */
  readonly story_url: string | null
  /** Any of these opens the hook; never empty. */
  readonly secrets: readonly string[]
}

/** Where a project's stories are. */
export interface SourceConfig {
  readonly type: string
  readonly source: Source
  /** With their defaults; what it does with them is `configured`. */
  readonly settings: unknown
  readonly configured: ConfiguredSource
  readonly connection: Connection | undefined
  /** What the operator wrote, without defaults. */
  readonly written: Readonly<Record<string, unknown>>
}

export interface IntegrationConfig {
  readonly name: string
  readonly type: string
  readonly connector: Connector
  /** The connector's own settings, with their defaults; what it does with them is `configured`. */
  readonly settings: unknown
  readonly configured: Configured
  /** What the operator wrote, the common settings too, without defaults. Variables and secret files are filled in. */
  readonly written: Readonly<Record<string, unknown>>
  readonly common: Static<typeof commonSchema>
  /** What `common.filter` leaves; null: everything. */
  readonly filter: Filter | null
}

export type Config = Omit<Root, 'data_dir' | 'projects' | 'integrations'> & {
  /** An absolute path. `database.file` and `imports.folder` are absolute too. */
  readonly data_dir: string
  readonly projects: readonly ProjectConfig[]
  /** In the order of the file. */
  readonly integrations: readonly IntegrationConfig[]
}
