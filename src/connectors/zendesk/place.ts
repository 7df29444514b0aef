import type { SettingProblem } from '../contract/connector.ts'
import { siteOf, viewOf } from './address.ts'
import { type Login, loginOf } from './login/login.ts'
import type { Settings } from './settings.ts'

/** Whose Zendesk it is, how the relay logs in to it, and the view whose tickets are read. */
export interface Place {
  readonly origin: string
  readonly login: Login
  /** Null: nothing is imported. */
  readonly viewId: string | null
}

/** Reads the place from the settings, or says all that keeps it from being read. */
export function placeOf(settings: Settings): Place | SettingProblem[] {
  const site = siteOf(settings.url)
  const login = loginOf(settings)
  // An empty text, which an empty environment variable leaves, names no view.
  const view = String(settings.view_id ?? '').trim()
  const viewId = viewOf(view)
  const problems: SettingProblem[] = [
    ...('problem' in site ? [{ setting: 'url', problem: site.problem }] : []),
    ...(Array.isArray(login) ? login : []),
    ...(viewId === null && view !== ''
      ? [{ setting: 'view_id', problem: 'is no number of a view; take it from its address, /agent/filters/25' }]
      : []),
  ]
  if ('problem' in site || Array.isArray(login) || problems.length > 0) return problems
  return { origin: site.origin, login, viewId }
}
