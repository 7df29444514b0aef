import { Type } from 'typebox'
import { Value } from 'typebox/value'
import { notAnAnswer } from '../api.ts'
import type { Bugzilla } from '../wire/open.ts'
import { atLeast } from '../wire/version.ts'
import type { Struct } from '../wire/xml-rpc-values.ts'

export interface FoundBug {
  readonly id: number
  readonly summary: string
  readonly status: string
  readonly severity: string | null
  /** defect, enhancement or task; only in "harmony". */
  readonly type: string | null
  /** The reporter's login name; null before 4.0. */
  readonly creator: string | null
  /** The reporter's real name; null before 5.0, empty if there is none. */
  readonly creatorName: string | null
  /** As received; in the server's own zone before 3.6. */
  readonly createdAt: string | null
  /** The first comment; null if it has to be asked for (all but "harmony"). */
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

/** For 200 bugs, or any number of ids. */
const MOST_OF_A_SEARCH = 16 * 1024 * 1024

/** @param options.fields has an effect from 4.0 on */
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
    // Up to 4.4 an unknown parameter is a fault, and 3.x does not know this one.
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
  /** Its index in the bug's comments; null before 4.4. */
  readonly count: number | null
  readonly time: string | null
}

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

/** By login name in lower case. An unknown user is a fault. */
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

/** For versions before Bug.fields; `component` only within a product. */
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

export interface Product {
  readonly id: number
  readonly name: string
  /** Null before 4.2: they have to be asked for. */
  readonly components: readonly string[] | null
}

/** The case of the name does not matter. Null if the account cannot see such a product. */
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

/** The server's offset from UTC in minutes; for 3.4, which writes times in its own zone. */
export async function zoneMinutes({ ask }: Bugzilla): Promise<number> {
  const answer = await ask({ kind: 'read', method: 'Bugzilla.timezone', verb: 'GET', path: 'timezone' })
  const [, sign, hours, minutes] = (Value.Check(Zone, answer) && /^([+-])(\d\d):?(\d\d)$/.exec(answer.timezone)) || []
  if (sign === undefined) throw notAnAnswer('retry')
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes))
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
