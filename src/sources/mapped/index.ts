import type { Finding, SettingProblem } from '../../connectors/contract/connector.ts'
import { createEvaluator, EVALUATOR_LIMITS } from '../../expressions/evaluator.ts'
import { compileJsonata, ExpressionError } from '../../expressions/expression.ts'
import { fieldsOfVariable } from '../../expressions/variable-fields.ts'
import { bodyText } from '../../tracker/body-text.ts'
import { parseJson } from '../../tracker/json.ts'
import { ParseError, shown } from '../../tracker/parse-error.ts'
import { type ConfiguredSource, defineSource, type HookRequest, type SourceProject } from '../contract/source.ts'
import { openSession } from './catch-up.ts'
import { checkMapped } from './check.ts'
import { type Verification, verificationOf } from './proof.ts'
import { readingOf, refusedOf } from './read.ts'
import { Settings } from './settings.ts'
import { catchUpExpressionOf, expressionOf, TOOLS } from './tools.ts'

/** Any tool that sends JSON: a JSONata expression makes activities of it, in a process with limits. */
export default defineSource({
  name: 'mapped',
  title: 'another tool',
  paste:
    'Where the tool keeps its web hooks, put it in as the URL, with the secret of the settings if the tool has a place for one. config/sources/README.md in the installation says where that is in Taiga, OpenProject, Plane, YouTrack and Jira.',
  settings: Settings,
  configure,
})

function configure(settings: Settings, project: SourceProject): ConfiguredSource | SettingProblem[] {
  const found = expressionIn(settings)
  if ('problem' in found) return [found]
  const verification = verificationOf(settings)
  if (Array.isArray(verification)) return verification
  const { setting, text } = found
  const headers = headersIn(setting, text, verification.secretHeaders)
  if ('problem' in headers) return [headers]
  const catchUp = catchUpIn(settings)
  if (catchUp !== null && 'problem' in catchUp) return [catchUp]
  const mapped = mappedSource(settings, project, { text, headers: headers.names, verification })
  return catchUp === null ? mapped : withCatchUp(mapped, settings, { project, ...catchUp })
}

interface Found {
  readonly text: string
  readonly headers: readonly string[]
  readonly verification: Verification
}

const UNVERIFIED: Finding = {
  level: 'warning',
  setting: 'signing_secret',
  message:
    'is not set, and no header_secret, so only the secret in the URL protects the hook; set one if the tool can sign its requests or send a secret',
}

interface CatchUpBy {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
}

/** Null: the settings do not ask for it. */
function catchUpIn({ tool, token, catch_up }: Settings): CatchUpBy | SettingProblem | null {
  if (catch_up === undefined)
    return token === undefined ? null : { setting: 'catch_up.url', problem: 'is missing; the token is only for this' }
  if (token === undefined) return { setting: 'token', problem: 'is missing; catch_up asks the API of the tool with it' }
  const { url, file, expression, token_header, username, headers } = catch_up
  const given = (['file', 'expression'] as const).filter((way) => catch_up[way] !== undefined)
  const [way] = given
  if (given.length > 1) return { setting: 'catch_up.expression', problem: 'is a second expression; keep this or file' }
  const ready = tool === undefined ? null : catchUpExpressionOf(tool)
  const text = file ?? expression ?? ready
  if (text === null)
    return {
      setting: 'catch_up.file',
      problem: `is missing${tool === undefined ? '' : `; none comes with the relay for ${tool}: config/sources/README.md says why`}`,
    }
  const problem = problemOf(text)
  if (problem !== null) return { setting: `catch_up.${way ?? 'file'}`, problem }
  const plain = token.trim()
  const credentials =
    username === undefined ? `Bearer ${plain}` : `Basic ${Buffer.from(`${username}:${plain}`).toString('base64')}`
  const proof = token_header === undefined ? { authorization: credentials } : { [token_header.toLowerCase()]: plain }
  return { url, text, headers: { accept: 'application/json', ...headers, ...proof } }
}

function withCatchUp(
  source: ConfiguredSource,
  { home }: Settings,
  { project, url, headers, text }: CatchUpBy & { readonly project: SourceProject },
): ConfiguredSource {
  const evaluator = createEvaluator(text, CATCH_UP_LIMITS)
  const names = { home: home?.replace(/\/+$/, '') ?? null, project: { id: project.id, name: project.name } }
  const title = source.tool ?? 'the tool'
  return {
    ...source,
    open: (tools) => openSession({ title, url, headers, evaluator, names }, tools),
    async close() {
      await Promise.all([source.close?.(), evaluator.close()])
    },
  }
}

/** No hook waits for it, and a page of stories is longer than a body. */
const CATCH_UP_LIMITS = {
  ...EVALUATOR_LIMITS,
  longestMs: 10_000,
  longestWaitMs: 60_000,
  longestResult: 32 * 1024 * 1024,
}

function mappedSource(
  { tool, home, states, time_limit_ms }: Settings,
  project: SourceProject,
  { text: expression, headers: names, verification: { verify, sign } }: Found,
): ConfiguredSource {
  const evaluator = createEvaluator(expression, { ...EVALUATOR_LIMITS, longestMs: time_limit_ms })
  const title = TOOLS[tool ?? '']?.title ?? 'the tool'
  const knownTo = (headers: HookRequest['headers']) => ({
    headers: Object.fromEntries(names.map((name) => [name, headers[name.toLowerCase()] ?? null])),
    home: home?.replace(/\/+$/, '') ?? null,
    project: { id: project.id, name: project.name },
  })
  const telling = { project, of: tool ?? 'mapped', states }
  return {
    name: 'mapped',
    tool: title,
    // The only one of the tools that a connector writes to.
    ...(tool === 'jira' ? { writtenBy: 'jira' } : {}),
    headers: names.map((name) => name.toLowerCase()),
    ...(verify === undefined ? { warnings: [UNVERIFIED] } : { verify }),
    ...(sign === undefined ? {} : { sign }),
    ...(home === undefined ? {} : { home }),
    async read({ headers, body }) {
      const text = bodyText(body)
      if (!/^[{[]/.test(text))
        throw new ParseError(
          'not an activity',
          `The body begins with ${shown(text.slice(0, 20))}; ${title} is expected to send JSON.`,
        )
      try {
        return readingOf(await evaluator.evaluate(parseJson(text), knownTo(headers)), text, telling)
      } catch (error) {
        if (error instanceof ExpressionError) return refusedOf(error)
        throw error
      }
    },
    check: () => checkMapped({ evaluator, of: tool ?? null, headers: names, states, known: knownTo({}) }),
    close: () => evaluator.close(),
  }
}

const WAYS = ['tool', 'file', 'expression'] as const

function expressionIn(settings: Settings): { setting: string; text: string } | SettingProblem {
  const given = WAYS.filter((way) => settings[way] !== undefined)
  const [setting] = given
  if (setting === undefined) return { setting: 'tool', problem: 'is missing; set this, file or expression' }
  if (given.length > 1)
    return { setting: given[1] ?? '', problem: `is a second expression; keep only one of ${given.join(', ')}` }
  const text = setting === 'tool' ? expressionOf(settings.tool ?? '') : (settings[setting] ?? '')
  const problem = problemOf(text)
  return problem === null ? { setting, text } : { setting, problem }
}

function problemOf(text: string): string | null {
  try {
    compileJsonata(text, EVALUATOR_LIMITS.longestMs)
    return null
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error
    const { problem, place } = error
    return `${problem}${place === null ? '' : `, at line ${place.line}, column ${place.column}`}`
  }
}

/** What the expression reads is kept with a refused request, so that it can be handed in again. */
function headersIn(
  setting: string,
  text: string,
  secretHeaders: readonly string[],
): { names: readonly string[] } | SettingProblem {
  const { names, usesOthers } = fieldsOfVariable(text, 'headers')
  if (usesOthers) return { setting, problem: 'must name each header that it reads, as in $headers."x-event"' }
  const secret = names.find((name) => secretHeaders.includes(name.toLowerCase()))
  if (secret === undefined) return { names }
  return { setting, problem: `must not read the header ${secret}, which is what proves who sent the request` }
}
