import { type Static, Type } from 'typebox'

/** A person as JIRA names one: Cloud by accountId, Server and Data Center by key, older ones by name alone. */
export const Person = Type.Object({
  accountId: Type.Optional(Type.String()),
  key: Type.Optional(Type.String()),
  name: Type.Optional(Type.String()),
})

export const Myself = Type.Object({ ...Person.properties, displayName: Type.Optional(Type.String()) })

/** The relay's login; the id is also that of the author in what it wrote. */
export interface Account {
  readonly id: string
  readonly name: string
}

export function accountOf({ accountId, key, name, displayName }: Static<typeof Myself>): Account | null {
  const id = accountId ?? key ?? name
  return id === undefined ? null : { id, name: displayName ?? id }
}

export function isBy(author: Static<typeof Person> | undefined, { id }: Account): boolean {
  return author !== undefined && [author.accountId, author.key, author.name].includes(id)
}
