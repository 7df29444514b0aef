import { Type } from 'typebox'
import { Value } from 'typebox/value'
import { DeliveryError } from '../contract/delivery-error.ts'
import type { BugStatus } from './settings.ts'
import type { Bugzilla } from './wire/open.ts'
import { atLeast } from './wire/version.ts'

/** https://bugzilla.readthedocs.io/en/latest/api/; for older versions, Bugzilla/WebService/ in its source. */

export interface NewComment {
  readonly text: string
  readonly isPrivate: boolean
}

/** @returns the id of the comment */
export async function addComment({ ask, version }: Bugzilla, bug: number, comment: NewComment): Promise<string> {
  // Before 3.6 the name is "private", and unknown names are ignored: the comment would be public.
  const privately = atLeast(version, 3, 6) ? { is_private: true } : { private: true }
  const answer = await ask({
    kind: 'write',
    method: 'Bug.add_comment',
    verb: 'POST',
    path: `bug/${bug}/comment`,
    subject: { id: bug },
    params: { comment: comment.text, ...(comment.isPrivate ? privately : {}) },
  })
  if (!Value.Check(WithId, answer)) throw notAnAnswer('in doubt')
  return String(answer.id)
}

/** All or nothing. */
export async function updateBug({ ask }: Bugzilla, bug: number, to: BugStatus, comment: NewComment): Promise<void> {
  const answer = await ask({
    kind: 'write',
    method: 'Bug.update',
    verb: 'PUT',
    path: `bug/${bug}`,
    subject: { ids: [bug] },
    params: { ...to, comment: { body: comment.text, ...(comment.isPrivate ? { is_private: true } : {}) } },
  })
  if (!Value.Check(Updated, answer)) throw notAnAnswer('in doubt')
}

export interface BugComment {
  readonly id: string
  /** The author's login name; null if Bugzilla does not tell. */
  readonly author: string | null
  readonly text: string
}

export async function commentsSince({ ask }: Bugzilla, bug: number, since: Date): Promise<BugComment[]> {
  const answer = await ask({
    kind: 'read',
    method: 'Bug.comments',
    verb: 'GET',
    path: `bug/${bug}/comment`,
    subject: { ids: [bug] },
    // `author` up to 4.4, `creator` since then.
    params: { new_since: since, include_fields: ['id', 'text', 'author', 'creator'] },
  })
  const found = Value.Check(Comments, answer) ? answer.bugs[bug] : undefined
  if (found === undefined) throw notAnAnswer('retry')
  return found.comments.map(({ id, text, author, creator }) => ({
    id: String(id),
    author: creator ?? author ?? null,
    text,
  }))
}

/**
 * Makes sure that the login is accepted. @returns its name; null if Bugzilla does not tell (an API key up to 5.2)
 */
export async function whoAmI({ ask, version }: Bugzilla, username: string | null): Promise<string | null> {
  const rest = { kind: 'read', verb: 'GET', path: 'whoami' } as const
  if (atLeast(version, 5, 3)) {
    const answer = await ask({ ...rest, method: 'User.whoami' })
    if (!Value.Check(Self, answer)) throw notAnAnswer('retry')
    return answer.name
  }
  // A login that 3.4 or 4.4 has forgotten is that of a visitor, whom they refuse only this.
  const isShownOnce = !atLeast(version, 3, 6) || (atLeast(version, 4, 4) && !atLeast(version, 5, 0))
  if (isShownOnce) await ask({ ...rest, path: 'user', method: 'User.get', params: { match: [username ?? ''] } })
  else await ask({ ...rest, method: 'Bugzilla.time' })
  return username
}

/** For 5.0 to 5.2, where an API key does not tell its login name. */
export async function keyBelongsTo({ ask }: Bugzilla, username: string): Promise<boolean> {
  const answer = await ask({
    kind: 'read',
    method: 'User.valid_login',
    verb: 'GET',
    path: 'valid_login',
    params: { login: username },
  })
  return answer === true || answer === 1 || (Value.Check(Result, answer) && Boolean(answer.result))
}

/** Null if Bugzilla does not tell (before 4.4). */
export async function myGroups({ ask }: Bugzilla, login: string): Promise<string[] | null> {
  const answer = await ask({
    kind: 'read',
    method: 'User.get',
    verb: 'GET',
    path: 'user',
    params: { names: [login], include_fields: ['name', 'groups'] },
  })
  const groups = Value.Check(Users, answer) ? answer.users[0]?.groups : undefined
  return groups?.map(({ name }) => name) ?? null
}

/** The group that sees private comments; '' if unset, null if the account may not know (from 4.4 on). */
export async function insiderGroup({ ask }: Bugzilla): Promise<string | null> {
  const answer = await ask({
    kind: 'read',
    method: 'Bugzilla.parameters',
    verb: 'GET',
    path: 'parameters',
    params: { include_fields: ['insidergroup'] },
  })
  return Value.Check(Parameters, answer) ? (answer.parameters.insidergroup ?? null) : null
}

export interface FieldValue {
  readonly name: string
  readonly isOpen: boolean | null
}

/** All values of a field; the workflow may allow fewer. */
export async function fieldValues({ ask }: Bugzilla, field: 'bug_status' | 'resolution'): Promise<FieldValue[]> {
  const answer = await ask({
    kind: 'read',
    method: 'Bug.fields',
    verb: 'GET',
    path: `field/bug/${field}`,
    subject: { names: [field] },
    params: { include_fields: ['name', 'values'] },
  })
  const found = Value.Check(Fields, answer) ? answer.fields[0] : undefined
  if (found === undefined) throw notAnAnswer('retry')
  return found.values.flatMap(({ name, is_open }) =>
    name === null || name === undefined || name === '' ? [] : [{ name, isOpen: is_open ?? null }],
  )
}

const Id = Type.Union([Type.Integer(), Type.String({ pattern: '^\\d+$' })])
const Text = Type.Optional(Type.Union([Type.String(), Type.Null()]))
const WithId = Type.Object({ id: Id })
const Updated = Type.Object({ bugs: Type.Array(WithId, { minItems: 1 }) })
const Comments = Type.Object({
  bugs: Type.Record(
    Type.String(),
    Type.Object({
      comments: Type.Array(Type.Object({ id: Id, text: Type.String(), author: Text, creator: Text })),
    }),
  ),
})
const Self = Type.Object({ name: Type.String() })
const Result = Type.Object({ result: Type.Union([Type.Boolean(), Type.Integer()]) })
const Users = Type.Object({
  users: Type.Array(Type.Object({ groups: Type.Optional(Type.Array(Type.Object({ name: Type.String() }))) })),
})
const Parameters = Type.Object({ parameters: Type.Object({ insidergroup: Type.Optional(Type.String()) }) })
const Fields = Type.Object({
  fields: Type.Array(
    Type.Object({ values: Type.Array(Type.Object({ name: Text, is_open: Type.Optional(Type.Boolean()) })) }),
  ),
})

export function notAnAnswer(verdict: 'in doubt' | 'retry'): DeliveryError {
  return new DeliveryError(verdict, 'Bugzilla sent an answer that does not fit the question')
}
