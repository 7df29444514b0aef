import type { SettingProblem } from '../contract/connector.ts'
import { accountOf, baseOf, binOf, projectOf } from './address.ts'
import type { Settings } from './settings.ts'

/** The Lighthouse project that is written to, and the bin whose tickets are read. */
export interface Place {
  /** The address that every request begins with, without a slash at its end. */
  readonly base: string
  readonly project: string
  /** Null: nothing is imported. */
  readonly bin: string | null
  /** Empty: nothing is written. */
  readonly token: string
}

/** Reads the place from the settings, or says all that keeps it from being read. */
export function placeOf(settings: Settings): Place | SettingProblem[] {
  const { account, base_url, bin_id, update_comments, update_state } = settings
  const base = baseOf(settings)
  const project = projectOf(settings.external_project_id)
  const bin = bin_id === undefined ? null : binOf(bin_id)
  const token = settings.token.trim()
  const problems: SettingProblem[] = []
  const tell = (setting: string, problem: string): void => void problems.push({ setting, problem })
  if (base_url === undefined && accountOf(account) === null)
    tell('account', 'is no account of lighthouseapp.com; for another address set base_url')
  if (base_url !== undefined && base === null)
    tell('base_url', 'is no http or https address, or holds a login or a query')
  if (project === null) tell('external_project_id', 'is no number of a project')
  if (bin_id !== undefined && bin === null)
    tell('bin_id', 'is no number of a bin; take it from its address, /bins/48889')
  if (settings.token === '' && (update_comments || update_state))
    tell('token', 'is needed to write; without one set update_comments and update_state to false')
  if (/[^!-~]/.test(token)) tell('token', 'holds blanks or other characters that no token has')
  return problems.length > 0 || base === null || project === null ? problems : { base, project, bin, token }
}
