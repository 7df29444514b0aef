import { Type } from 'typebox'

/**
 * The setting `own_accounts`.
 * @param example how the tool names an account
 */
export const ownAccountsSetting = (example: string) =>
  Type.Array(Type.String({ minLength: 1, maxLength: 100 }), {
    description:
      'The accounts with which the relay writes to this tool. What they close, reopen and label is not carried on. Comments are known by the relay’s mark, whoever posts them; without this setting, what the relay has just closed, reopened or labelled is still recognised.',
    default: [],
    maxItems: 20,
    examples: [[example]],
  })

/** Accounts are the same in any case. */
export function isOwnAccount(name: string | null, own: readonly string[]): boolean {
  return name !== null && own.some((each) => each.trim().toLowerCase() === name.toLowerCase())
}
