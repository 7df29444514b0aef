import { Type } from 'typebox'
import { Value } from 'typebox/value'
import { notAnAnswer } from '../api.ts'
import type { Bugzilla } from '../wire/open.ts'
import { atLeast } from '../wire/version.ts'
import type { Struct } from '../wire/xml-rpc-values.ts'

/** What the import asks of Bugzilla: Bug.search, Bug.comments, User.get, Product.get, and what names there are. */

export interface FoundBug {
  readonly id: number
  readonly summary: string
  readonly status: string
  readonly severity: string | null
  /** "harmony" alone tells defect, enhancement or task. */
  readonly type: string | null
  /** The reporter's login name; null before 4.0. */
  readonly creator: string | null
  /** The reporter's real name; null where it is not told (before 5.0), empty where there is none. */
  readonly creatorName: string | null
  /** As it came: its zone is the server's own before 3.6. */
  readonly createdAt: string | null
  /** The first comment; null where it has to be asked for ("harmony" alone tells it with the bug). */
  readonly description: string | null
}

const FIELDS = [
  'id',
  'summary',
  'status',
  'severity',
  'type',
  'creator',
  'creator_detail',
  'creation_time',
  'description',
]

/** A page of bugs: 200 with all that is told of them, or any number of ids. */
const MOST_OF_A_SEARCH = 16 * 1024 * 1024

/** `fields`: all that is needed, where Bugzilla lets one choose (from 4.0 on). */
export async function searchBugs(
  { ask, version }: Bugzilla,
  criteria: Struct,
  options: { readonly fields?: readonly string[]; readonly mostBytes?: number } = {},
): Promise<FoundBug[]> {
  const include_fields = options.fields ?? FIELDS
  const answer = await ask({
    kind: 'read',
    method: 'Bug.search',
    verb: 'GET',
    path: 'bug',
    // Up to 4.4 a parameter that it does not know is a fault, and 3.x does not know this one.
    params: { ...criteria, ...(atLeast(version, 4, 0) ? { include_fields } : {}) },
    mostBytes: options.mostBytes ?? MOST_OF_A_SEARCH,
  })
  if (!Value.Check(Found, answer)) throw notAnAnswer('retry')
  return answer.bugs.map((bug) => ({
    id: Number(bug.id),
    summary: bug.summary ?? '',
    status: bug.status ?? '',
    severity: bug.severity ?? null,
    type: bug.type ?? null,
    creator: bug.creator ?? null,
    creatorName: bug.creator_detail?.real_name ?? null,
    createdAt: bug.creation_time ?? null,
    description: bug.description ?? null,
  }))
}

export interface FoundComment {
  readonly text: string
  readonly author: string | null
  /** Its place among the bug's comments, from 0; null where it is not told (before 4.4). */
  readonly count: number | null
  readonly time: string | null
}

/** The comments of several bugs that the account may see, the oldest first. */
export async function commentsOf(
  { ask }: Bugzilla,
  bugs: readonly number[],
  mostBytes: number,
): Promise<Map<number, FoundComment[]>> {
  const answer = await ask({
    kind: 'read',
    method: 'Bug.comments',
    verb: 'GET',
    path: `bug/${bugs[0]}/comment`,
    params: { ids: bugs, include_fields: ['text', 'author', 'creator', 'count', 'time'] },
    mostBytes,
  })
  if (!Value.Check(Comments, answer)) throw notAnAnswer('retry')
  return new Map(
    Object.entries(answer.bugs).map(([bug, { comments }]) => [
      Number(bug),
      comments.map(({ text, author, creator, count, time }) => ({
        text: text ?? '',
        author: creator ?? author ?? null,
        count: count ?? null,
        time: time ?? null,
      })),
    ]),
  )
}

/** The real names of users by their login names in lower case. Users that nobody knows are a fault. */
export async function realNames({ ask }: Bugzilla, logins: readonly string[]): Promise<Map<string, string>> {
  const answer = await ask({
    kind: 'read',
    method: 'User.get',
    verb: 'GET',
    path: 'user',
    params: { names: logins, include_fields: ['name', 'real_name'] },
  })
  if (!Value.Check(Users, answer)) throw notAnAnswer('retry')
  return new Map(answer.users.map(({ name, real_name }) => [name.toLowerCase(), real_name ?? '']))
}

/** The names that a field may hold; `component` only within a product. For versions before those of Bug.fields. */
export async function legalValues({ ask }: Bugzilla, subject: Struct): Promise<readonly string[]> {
  const answer = await ask({
    kind: 'read',
    method: 'Bug.legal_values',
    verb: 'GET',
    path: `field/bug/${subject.field}/values`,
    params: subject,
  })
  if (!Value.Check(Values, answer)) throw notAnAnswer('retry')
  return answer.values
}

/** A product, for which the account may see bugs; `components` is null where it has to be asked for (before 4.2). */
export interface Product {
  readonly id: number
  readonly name: string
  readonly components: readonly string[] | null
}

/** The product of a name in whatever case; null when there is none that the account may see. */
export async function productNamed(bugzilla: Bugzilla, name: string): Promise<Product | null> {
  const byName = atLeast(bugzilla.version, 4, 2)
  const subject = byName ? { names: [name] } : { ids: await accessibleProducts(bugzilla) }
  const answer = await bugzilla.ask({
    kind: 'read',
    method: 'Product.get',
    verb: 'GET',
    path: 'product',
    params: { ...subject, ...(byName ? { include_fields: ['id', 'name', 'components'] } : {}) },
    mostBytes: MOST_OF_A_SEARCH,
  })
  if (!Value.Check(Products, answer)) throw notAnAnswer('retry')
  const found = answer.products.find((product) => product.name.toLowerCase() === name.toLowerCase())
  if (found === undefined) return null
  return { id: Number(found.id), name: found.name, components: found.components?.map((each) => each.name) ?? null }
}

async function accessibleProducts({ ask }: Bugzilla): Promise<readonly number[]> {
  const answer = await ask({
    kind: 'read',
    method: 'Product.get_accessible_products',
    verb: 'GET',
    path: 'product_accessible',
  })
  if (!Value.Check(Ids, answer)) throw notAnAnswer('retry')
  return answer.ids.map(Number)
}

/** What the server's clock shows when UTC has midnight, in minutes; for 3.4, which writes times in its own zone. */
export async function zoneMinutes({ ask }: Bugzilla): Promise<number> {
  const answer = await ask({ kind: 'read', method: 'Bugzilla.timezone', verb: 'GET', path: 'timezone' })
  const [, sign, hours, minutes] = (Value.Check(Zone, answer) && /^([+-])(\d\d):?(\d\d)$/.exec(answer.timezone)) || []
  if (sign === undefined) throw notAnAnswer('retry')
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes))
}

/** Asks what 3.4 tells nobody who is not logged in: all else it answers to a visitor too, only less of it. */
export async function proveCookies({ ask }: Bugzilla, username: string): Promise<void> {
  await ask({ kind: 'read', method: 'User.get', verb: 'GET', path: 'user', params: { match: [username] } })
}

const Id = Type.Union([Type.Integer(), Type.String({ pattern: '^\\d+$' })])
const Text = Type.Optional(Type.Union([Type.String(), Type.Null()]))
const Found = Type.Object({
  bugs: Type.Array(
    Type.Object({
      id: Id,
      summary: Text,
      status: Text,
      severity: Text,
      type: Text,
      creator: Text,
      creator_detail: Type.Optional(Type.Union([Type.Object({ real_name: Text }), Type.Null()])),
      creation_time: Text,
      description: Text,
    }),
  ),
})
const Comments = Type.Object({
  bugs: Type.Record(
    Type.String(),
    Type.Object({
      comments: Type.Array(
        Type.Object({
          text: Text,
          author: Text,
          creator: Text,
          count: Type.Optional(Type.Union([Type.Integer(), Type.Null()])),
          time: Text,
        }),
      ),
    }),
  ),
})
const Users = Type.Object({ users: Type.Array(Type.Object({ name: Type.String(), real_name: Text })) })
const Values = Type.Object({ values: Type.Array(Type.String()) })
const Named = Type.Object({ name: Type.String() })
const Products = Type.Object({
  products: Type.Array(Type.Object({ id: Id, name: Type.String(), components: Type.Optional(Type.Array(Named)) })),
})
const Ids = Type.Object({ ids: Type.Array(Id) })
const Zone = Type.Object({ timezone: Type.String() })
