import { type Static, Type } from 'typebox'

const closed = { additionalProperties: false }
const address = (description: string) => Type.Optional(Type.String({ minLength: 1, description }))

/** The parts of an external story, by the names that they have in the import XML. */
const part = (of: string) => Type.Optional(Type.String({ minLength: 1, maxLength: 10_000, description: of }))
const parts = (how: string) => ({
  external_id: part(`${how} the ticket's id`),
  name: part(`${how} its title`),
  description: part(`${how} its text`),
  requested_by: part(`${how} the name of who wrote it`),
  created_at: part(`${how} the time when it was written`),
  type: part(`${how} its type, in the system's own words`),
  estimate: part(`${how} its estimate, in points`),
})

const Database = Type.Object(
  {
    client: Type.Enum(['postgres', 'sqlite', 'mysql'], {
      description: 'the kind of database; mysql also needs the npm package mysql2, which does not come along',
    }),
    file: Type.Optional(
      Type.String({
        minLength: 1,
        description: "for sqlite: the database's file, relative to the directory that the relay is started in",
      }),
    ),
    url: Type.Optional(
      Type.String({
        minLength: 1,
        writeOnly: true,
        description:
          'for postgres and mysql: postgres://user:password@host:5432/database; best a user who may only read',
      }),
    ),
    timeout_seconds: Type.Integer({
      minimum: 1,
      maximum: 300,
      default: 30,
      description: 'how long the database may take for an answer',
    }),
  },
  { ...closed, description: 'for sql: the database that is asked' },
)
export type Database = Static<typeof Database>

const Source = Type.Object(
  {
    external_stories: address('the address of a program that answers with the XML of the import API itself'),
    json: address('the address of a program that answers with tickets as JSON; how to read them say items and fields'),
    feed: address('the address of an RSS or Atom feed'),
    csv: address('a CSV file, or the address of one; the first line names the columns'),
    yaml: address('a YAML file'),
    sql: address('a query whose rows are the tickets, and whose columns are named as the fields are'),
    username: Type.Optional(
      Type.String({ minLength: 1, description: 'the user name of a login at the address, by Basic authentication' }),
    ),
    password: Type.Optional(Type.String({ minLength: 1, writeOnly: true, description: 'the password of that login' })),
    headers: Type.Optional(
      Type.Record(Type.String(), Type.String({ writeOnly: true }), {
        description: 'sent along to the address, for another kind of login: authorization: Bearer 2f1c...',
      }),
    ),
    items: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 10_000,
        description: 'for json and yaml: where the list of tickets is, as a JSONata expression or a JSON pointer',
      }),
    ),
    fields: Type.Optional(
      Type.Object(parts('a JSONata expression or a JSON pointer within a ticket:'), {
        ...closed,
        description: 'for json and yaml: where the parts of a ticket are; without it they have the names given here',
      }),
    ),
    next: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 10_000,
        description:
          "for json: the next page's address, as a JSONata expression or a JSON pointer; without it a Link header is followed",
      }),
    ),
    next_hosts: Type.Optional(
      Type.Array(Type.String({ minLength: 1, pattern: '^[^/\\s@]+$' }), {
        description:
          'for json: hosts, perhaps with a port, that a next page may be at besides the address itself; none of them gets the login',
      }),
    ),
    columns: Type.Optional(
      Type.Object(parts('the name of the column with'), {
        ...closed,
        description: 'for csv: which column is what; without it they have the names given here',
      }),
    ),
    delimiter: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 5,
        description:
          'for csv: what stands between columns; without it comma, semicolon or tab, seen from the first line',
      }),
    ),
    database: Type.Optional(Database),
  },
  {
    ...closed,
    description:
      'Where the tickets come from: one of external_stories, json, feed, csv, yaml and sql, and what belongs to it.',
    examples: [{ external_stories: 'https://tickets.example.com/external_stories.xml' }],
  },
)
export type SourceSettings = Static<typeof Source>

export const Settings = Type.Object(
  {
    base_url: Type.String({
      description: "Base URL: what a ticket's id is put behind to make its address; blank where tickets have none.",
      default: '',
      examples: ['https://tickets.example.com/tickets/'],
    }),
    source: Source,
  },
  closed,
)
export type Settings = Static<typeof Settings>
