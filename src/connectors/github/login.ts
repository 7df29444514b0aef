import { createPrivateKey, type KeyObject } from 'node:crypto'
import type { SettingProblem } from '../contract/connector.ts'
import type { Settings } from './settings.ts'

/** A person's token, or a GitHub App that is given one for an hour at a time. */
export type Login =
  | { readonly kind: 'token'; readonly token: string }
  | {
      readonly kind: 'app'
      /** Its App ID or client ID; GitHub takes both as issuer. */
      readonly appId: string
      readonly privateKey: KeyObject
      /** Null: the installation that the repository belongs to. */
      readonly installationId: string | null
    }

type Given = Pick<Settings, 'token' | 'app_id' | 'app_private_key' | 'app_installation_id'>

const wrong = (setting: string, problem: string): SettingProblem[] => [{ setting, problem }]

/** The way to log in, or what is wrong with it. */
export function loginOf(settings: Given): Login | SettingProblem[] {
  const token = (settings.token ?? '').trim()
  const appId = String(settings.app_id ?? '').trim()
  const key = (settings.app_private_key ?? '').trim()
  const installation = String(settings.app_installation_id ?? '').trim()
  if (token !== '' && (appId !== '' || key !== '' || installation !== ''))
    return wrong('token', 'must not be set together with app_id or app_private_key; keep one way to log in')
  if (token !== '')
    return /^[!-~]+$/.test(token)
      ? { kind: 'token', token }
      : wrong('token', 'must be a token: letters, digits and signs, without blanks')
  if (appId === '' && key === '')
    return wrong('token', 'is missing, and so is a GitHub App; set it, or app_id with app_private_key')
  if (!/^(\d{1,15}|Iv[\w.]{8,40})$/.test(appId))
    return wrong('app_id', 'must be the number that the App\'s page calls App ID, or its client ID ("Iv...")')
  if (installation !== '' && !/^[1-9]\d{0,14}$/.test(installation))
    return wrong('app_installation_id', "must be a number: the last part of the installation's address")
  const privateKey = keyIn(key)
  return privateKey === null
    ? wrong('app_private_key', "must be the App's RSA private key in PEM, as GitHub hands it out")
    : { kind: 'app', appId, privateKey, installationId: installation === '' ? null : installation }
}

function keyIn(text: string): KeyObject | null {
  try {
    const key = createPrivateKey(text.replace(/\\n/g, '\n'))
    return key.asymmetricKeyType === 'rsa' ? key : null
  } catch {
    return null
  }
}
