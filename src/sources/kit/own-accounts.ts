import { Type } from 'typebox'

/**
 * The setting `own_accounts`.
 * @param example how the tool names an account
 */
export const ownAccountsSetting = (example: string) =>
  Type.Array(Type.String({ minLength: 1, maxLength: 100 }), {
    description:
      'The accounts that the relay itself writes with, if a project follows what another one writes to: what they close, reopen and label is not carried on, and of comments only those that bear the relay’s mark, whoever posts them. Without this, what the relay has just closed, reopened or labelled is known by itself.',
    default: [],
    maxItems: 20,
    examples: [[example]],
  })

/** Accounts are the same in any case. */
export function isOwnAccount(name: string | null, own: readonly string[]): boolean {
  return name !== null && own.some((each) => each.trim().toLowerCase() === name.toLowerCase())
}
