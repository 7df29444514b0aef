import type { SettingProblem } from '../contract/connector.ts'
import { siteOf, viewOf } from './address.ts'
import { type Login, loginOf } from './login.ts'
import type { Settings } from './settings.ts'

export interface Place {
  readonly origin: string
  readonly login: Login
  /** Null if nothing is imported. */
  readonly viewId: string | null
}

export function placeOf(settings: Settings): Place | SettingProblem[] {
  const site = siteOf(settings.url)
  const login = loginOf(settings)
  // An empty environment variable leaves an empty text.
  const view = String(settings.view_id ?? '').trim()
  const viewId = viewOf(view)
  const problems: SettingProblem[] = [
    ...('problem' in site ? [{ setting: 'url', problem: site.problem }] : []),
    ...(Array.isArray(login) ? login : []),
    ...(viewId === null && view !== ''
      ? [{ setting: 'view_id', problem: 'must be the number in the URL of a view, such as 25 in /agent/filters/25' }]
      : []),
  ]
  if ('problem' in site || Array.isArray(login) || problems.length > 0) return problems
  return { origin: site.origin, login, viewId }
}
