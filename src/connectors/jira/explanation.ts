import { Type } from 'typebox'
import type { Response } from '../../http/send.ts'
import { jsonAs } from '../kit/answer.ts'
import { oneLine } from '../kit/one-line.ts'
import type { Login } from './login.ts'

/** A refusal of JIRA's own: of anything else, such as a proxy's page, nothing is quoted. */
const Refusal = Type.Object({
  errorMessages: Type.Optional(Type.Unknown()),
  errors: Type.Optional(Type.Unknown()),
  message: Type.Optional(Type.Unknown()),
})

/** JIRA's own words for a refusal, short and without our secrets; empty when it gave none. */
export function explanation(answer: Response, { secrets }: Login): string {
  const { errorMessages, errors, message } = jsonAs(answer, Refusal) ?? {}
  const words = [errorMessages, errors, message].flatMap(wordsIn).join(' ')
  return oneLine(secrets.reduce((cleaned, secret) => cleaned.replaceAll(secret, '[secret]'), words))
}

/** The status of a refusal, and JIRA's own words for it. */
export function said(answer: Response, login: Login): string {
  const why = explanation(answer, login)
  return `JIRA answered ${answer.status}${why === '' ? '' : `: ${why}`}`
}

/** The names of the fields that JIRA complains about ("resolution", "commentLevel"): the same in every language. */
export function blamedFields(answer: Response): readonly string[] {
  const { errors } = jsonAs(answer, Refusal) ?? {}
  return isObject(errors) ? Object.keys(errors) : []
}

/** True for a refusal of JIRA's own; a proxy's or a login wall's is false. */
export function isJiras(answer: Response): boolean {
  const { errorMessages, errors } = jsonAs(answer, Refusal) ?? {}
  return errorMessages !== undefined || errors !== undefined
}

function wordsIn(value: unknown): readonly string[] {
  const values: readonly unknown[] = isObject(value) ? Object.values(value) : [value]
  return values.filter((each) => typeof each === 'string')
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
