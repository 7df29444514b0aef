import type { SettingProblem } from '../contract/connector.ts'
import { NOT_A_BASE_URL } from '../kit/base-url.ts'
import { accountOf, baseOf, numberOf } from './address.ts'
import type { Settings } from './settings.ts'

export interface Place {
  /** Without a slash at the end. */
  readonly base: string
  readonly project: string
  /** Null: nothing is imported. */
  readonly bin: string | null
  /** Empty: nothing is written. */
  readonly token: string
}

export function placeOf(settings: Settings): Place | SettingProblem[] {
  const { account, base_url, bin_id, update_comments, update_state } = settings
  const base = baseOf(settings)
  const project = numberOf(settings.external_project_id, 'projects')
  const bin = bin_id === undefined ? null : numberOf(bin_id, 'bins')
  const token = settings.token.trim()
  const problems: SettingProblem[] = []
  const tell = (setting: string, problem: string): void => void problems.push({ setting, problem })
  if (base_url === undefined && accountOf(account) === null)
    tell('account', 'must be an account of lighthouseapp.com; for another server set base_url')
  if (base_url !== undefined && base === null) tell('base_url', NOT_A_BASE_URL)
  if (project === null) tell('external_project_id', "must be a project's number, like 54448, or its URL")
  if (bin_id !== undefined && bin === null) tell('bin_id', "must be a bin's number, like 48889, or its URL")
  if (settings.token === '' && (update_comments || update_state))
    tell('token', 'is missing; without one, set update_comments and update_state to false')
  if (/[^!-~]/.test(token)) tell('token', 'must be letters, digits and signs, without blanks')
  return problems.length > 0 || base === null || project === null ? problems : { base, project, bin, token }
}
