import { type Static, type TSchema, Type } from 'typebox'
import { Value } from 'typebox/value'
import { isoTime } from '../../tracker/times.ts'
import type { ExternalStory, StoryTypes } from '../contract/connector.ts'
import { withoutRepeats } from '../kit/pages.ts'
import { type ReadAgainTools, readAgain } from '../kit/read-again.ts'
import { adfText } from './adf.ts'
import type { Api } from './api.ts'
import type { Issue, Search } from './search.ts'

/** JIRA's English issue types; a JIRA in another language needs `types` in the config. */
export const storyTypes: StoryTypes = {
  byType: {
    bug: 'bug',
    story: 'feature',
    improvement: 'feature',
    'new feature': 'feature',
    epic: 'feature',
    task: 'chore',
    'sub-task': 'chore',
    subtask: 'chore',
  },
  otherwise: 'feature',
}

const FIELDS = ['summary', 'description', 'reporter', 'created', 'issuetype']

const Text = Type.String()
const Person = Type.Object({ displayName: Text })
const Named = Type.Object({ name: Text })
const Option = Type.Object({ value: Text })

/** @param estimateField the id of the field with the points; null for no estimates */
export async function* stories(
  api: Api,
  search: Search,
  estimateField: string | null,
  tools: ReadAgainTools,
): AsyncGenerator<readonly ExternalStory[]> {
  // A failed login may be answered with what anonymous users see, often nothing, so it is proven first.
  await readAgain(tools, api.proveLogin)
  const filter = await search.filter()
  const fields = estimateField === null ? FIELDS : [...FIELDS, estimateField]
  for await (const page of withoutRepeats(search.pages(filter, fields), ({ key }) => key))
    yield page.map((issue) => storyOf(issue, estimateField))
}

/** A hidden field, or one with an unexpected value, counts as empty. */
function storyOf({ key, fields }: Issue, estimateField: string | null): ExternalStory {
  const created = parsed(Text, fields.created)
  const at = created === null ? null : isoTime(created)
  return {
    externalId: key,
    name: parsed(Text, fields.summary) ?? '',
    description: adfText(fields.description).replace(/\r\n?/g, '\n'),
    requestedBy: parsed(Person, fields.reporter)?.displayName ?? '',
    createdAt: at === null ? null : new Date(at),
    type: parsed(Named, fields.issuetype)?.name ?? null,
    estimate: estimateField === null ? null : estimateOf(fields[estimateField]),
  }
}

function estimateOf(value: unknown): number | null {
  const points = parsed(Text, value) ?? parsed(Option, value)?.value ?? value
  if (typeof points === 'string' && !/^\s*\d{1,6}([.,]\d{1,6})?\s*$/.test(points)) return null
  const number = typeof points === 'string' ? Number(points.replace(',', '.')) : points
  return typeof number === 'number' && Number.isFinite(number) && number >= 0 ? number : null
}

function parsed<T extends TSchema>(shape: T, value: unknown): Static<T> | null {
  return Value.Check(shape, value) ? value : null
}
