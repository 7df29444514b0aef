import { Ajv2020 } from 'ajv/dist/2020.js'
import { openApiDocument } from '../../../src/routes/api/document.ts'
import type { Answer } from '../../gateway/running-relay.ts'

type Json = Record<string, unknown>

export interface Operation {
  readonly method: string
  /** As in the document: /api/v1/deliveries/{id} */
  readonly path: string
  readonly parameters: readonly { readonly name: string; readonly in: 'query' | 'path'; readonly schema: Json }[]
  readonly body: Json | null
  readonly responses: Readonly<Record<string, { readonly content?: Record<string, { readonly schema: Json }> }>>
}

const document = JSON.parse(JSON.stringify(await openApiDocument('0.0.0-test'))) as {
  readonly paths: Record<string, Record<string, Json>>
  readonly components: { readonly schemas: Record<string, Json> }
}

export const operations: readonly Operation[] = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({
    method: method.toUpperCase(),
    path,
    parameters: (operation.parameters ?? []) as Operation['parameters'],
    body:
      (operation.requestBody as { content: Record<string, { schema: Json }> } | undefined)?.content['application/json']
        ?.schema ?? null,
    responses: operation.responses as Operation['responses'],
  })),
)

const ajv = new Ajv2020({ allErrors: true, strict: false, validateFormats: true, formats: { 'date-time': isUtc } })
ajv.addSchema({ $id: 'document', components: document.components })

/** As the API writes every time. */
function isUtc(text: string): boolean {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(text)
}

const checks = new Map<string, ReturnType<Ajv2020['compile']>>()

function checkOf(operation: Operation, key: string, contentType: string) {
  const id = `${operation.method} ${operation.path} ${key} ${contentType}`
  const known = checks.get(id)
  if (known !== undefined) return known
  const schema = operation.responses[key]?.content?.[contentType]?.schema
  if (schema === undefined) throw new Error(`the document has no ${contentType} for ${id}`)
  const check = ajv.compile(
    JSON.parse(JSON.stringify(schema).replaceAll('"#/components/', '"document#/components/')) as Json,
  )
  checks.set(id, check)
  return check
}

export function operationAt(method: string, path: string): Operation | undefined {
  const [bare = ''] = path.split('?')
  return operations.find((each) => each.method === method && patternOf(each.path).test(bare))
}

function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replace(/\{[^}]+\}/g, '[^/]+')}$`)
}

/** @throws if the answer is not one that the document describes */
export function assertDocumented(
  method: string,
  path: string,
  answer: Pick<Answer, 'status' | 'headers' | 'text'>,
): void {
  const operation = operationAt(method, path)
  if (operation === undefined || answer.status === 304) return
  const status = String(answer.status)
  const key = status in operation.responses ? status : `${status[0]}XX`
  if (operation.responses[key] === undefined)
    throw new Error(`${method} ${path} answers ${status}, which is not documented`)
  if (answer.status === 204) {
    if (answer.text !== '') throw new Error(`${method} ${path} answers 204 with a body`)
    return
  }
  const [contentType = ''] = (answer.headers.get('content-type') ?? '').split(';')
  if (contentType === 'text/event-stream' && operation.responses[key]?.content?.[contentType] !== undefined) return
  const check = checkOf(operation, key, contentType)
  if (!check(JSON.parse(answer.text)))
    throw new Error(`${method} ${path} (${status}): ${ajv.errorsText(check.errors)}: ${answer.text.slice(0, 500)}`)
}
