import { type Static, type TStringOptions, Type } from 'typebox'
import { DATA_FILE } from '../contract/data-file.ts'

const closed = { additionalProperties: false }
const text = (description: string, options: TStringOptions = {}) =>
  Type.Optional(Type.String({ minLength: 1, description, ...options }))
const file = (description: string) => text(description, { contentMediaType: DATA_FILE })
const expression = (description: string) => text(description, { maxLength: 10_000 })

const parts = (how: string) => ({
  external_id: expression(`${how} the ticket's id`),
  name: expression(`${how} its title`),
  description: expression(`${how} its text`),
  requested_by: expression(`${how} the name of its author`),
  created_at: expression(`${how} the time of its creation`),
  type: expression(`${how} its type, in the system's own words`),
  estimate: expression(`${how} its estimate, in points`),
})

const Database = Type.Object(
  {
    client: Type.Enum(['postgres', 'sqlite', 'mysql'], {
      description: 'the kind of database; mysql also needs the npm package mysql2, which is not included',
    }),
    file: file('for sqlite: the file, relative to data_dir'),
    url: text('for postgres and mysql: postgres://user:password@host:5432/database, with a user who may only read', {
      writeOnly: true,
    }),
    timeout_seconds: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 300,
        description: 'how long the database may take to answer; without it timeout_seconds of the integration',
      }),
    ),
  },
  { ...closed, description: 'for sql: the database that is queried' },
)
export type Database = Static<typeof Database>

const Source = Type.Object(
  {
    external_stories: text('the URL of a program that answers with the XML of the import API itself'),
    json: text('the URL of a program that answers with tickets as JSON; items and fields say how to read them'),
    feed: text("the URL of an RSS or Atom feed, or of JIRA's XML export"),
    csv: file('a CSV file, relative to data_dir, or the URL of one; the first line names the columns'),
    yaml: file('a YAML file, relative to data_dir'),
    sql: text('a query whose rows are the tickets, with columns named like the fields'),
    username: text('the user name for the URL, sent by Basic authentication'),
    password: text('the password of that user', { writeOnly: true }),
    headers: Type.Optional(
      Type.Record(Type.String(), Type.String({ writeOnly: true }), {
        description: 'sent to the URL, for another kind of login: authorization: Bearer 2f1c...',
      }),
    ),
    items: expression('for json and yaml: where the list of tickets is, as a JSONata expression or a JSON pointer'),
    fields: Type.Optional(
      Type.Object(
        parts('a JSONata expression or a JSON pointer within a ticket, or for a feed the name of an element:'),
        {
          ...closed,
          description:
            'for json, yaml and feed: where the parts of a ticket are; without it json and yaml have the names given here',
        },
      ),
    ),
    next: expression(
      "for json: the next page's URL, as a JSONata expression or a JSON pointer; without it a Link header is followed",
    ),
    next_hosts: Type.Optional(
      Type.Array(Type.String({ minLength: 1, pattern: '^[^/\\s@]+$' }), {
        description:
          'for json: other hosts, with a port if needed, that a next page may be at; none of them gets the login',
      }),
    ),
    max_pages: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 10_000,
        description: 'for json: how many pages a list may have; one with more is an error; without it 500',
      }),
    ),
    columns: Type.Optional(
      Type.Object(parts('the name of the column with'), {
        ...closed,
        description: 'for csv: which column is what; without it they have the names given here',
      }),
    ),
    delimiter: text(
      'for csv: what separates the columns; without it comma, semicolon or tab, detected from the first line',
      { maxLength: 5 },
    ),
    encoding: text('of the document, such as windows-1252 or shift_jis; without it what the document says, or UTF-8', {
      maxLength: 40,
    }),
    date_format: text(
      "how times are written, in Luxon's tokens: MM/dd/yyyy hh:mm a; needed only for what is not recognised, such as 03/04/2014",
      { maxLength: 100 },
    ),
    time_zone: text('the zone of times that do not name theirs, such as Europe/Berlin; without it UTC', {
      maxLength: 100,
    }),
    database: Type.Optional(Database),
  },
  {
    ...closed,
    description:
      'Where the tickets come from: one of external_stories, json, feed, csv, yaml and sql, and the settings for it.',
    examples: [{ external_stories: 'https://tickets.example.com/external_stories.xml' }],
  },
)
export type SourceSettings = Static<typeof Source>

export const Settings = Type.Object(
  {
    base_url: Type.String({
      description: "Base URL: a ticket's id is appended to it to make the ticket's URL; blank if tickets have none.",
      default: '',
      examples: ['https://tickets.example.com/tickets/'],
    }),
    source: Source,
  },
  closed,
)
export type Settings = Static<typeof Settings>
