import { Type } from 'typebox'
import type { Response } from '../../http/send.ts'
import { jsonAs } from '../kit/answer.ts'
import { oneLine } from '../kit/one-line.ts'
import type { Login } from './login.ts'

/** Of anything else, such as a proxy's page, nothing is quoted. */
const Refusal = Type.Object({
  errorMessages: Type.Optional(Type.Unknown()),
  errors: Type.Optional(Type.Unknown()),
  message: Type.Optional(Type.Unknown()),
})

/** JIRA's own words, short and without our secrets. */
export function explanation(answer: Response, { secrets }: Login): string {
  const { errorMessages, errors, message } = jsonAs(answer, Refusal) ?? {}
  const words = [errorMessages, errors, message].flatMap(wordsIn).join(' ')
  return oneLine(secrets.reduce((cleaned, secret) => cleaned.replaceAll(secret, '[secret]'), words))
}

export function said(answer: Response, login: Login): string {
  const why = explanation(answer, login)
  return `JIRA answered ${answer.status}${why === '' ? '' : `: ${why}`}`
}

/** The fields that JIRA names ("resolution", "commentLevel"), the same in every language. */
export function blamedFields(answer: Response): readonly string[] {
  const { errors } = jsonAs(answer, Refusal) ?? {}
  return isObject(errors) ? Object.keys(errors) : []
}

/** False for the refusal of a proxy or a login wall. */
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
