import type { Link, StoryFields } from './activity.ts'
import { textOf, type Values } from './json-values.ts'
import { isoTime } from './times.ts'

/** `new_values` has only the changed fields in an update, all fields in a create. */
export function storyFields(values: Values): StoryFields {
  const fields: StoryFields = {}
  if (values.name !== undefined) fields.name = textOf(values.name)
  if (values.description !== undefined) fields.description = textOf(values.description)
  if (values.story_type !== undefined) fields.storyType = textOf(values.story_type)
  if (values.current_state !== undefined) fields.currentState = textOf(values.current_state)
  if (values.estimate !== undefined) setEstimate(fields, values.estimate)
  if (values.labels !== undefined) fields.labels = texts(values.labels)
  if (values.owner_ids !== undefined) fields.ownerIds = texts(values.owner_ids)
  else if (values.owned_by_id !== undefined) fields.ownerIds = texts([values.owned_by_id])
  if (values.requested_by_id !== undefined) fields.requestedBy = textOf(values.requested_by_id)
  setTime(fields, 'acceptedAt', values.accepted_at)
  setTime(fields, 'deadline', values.deadline)
  return fields
}

/** v5 sends a link's ids, not its system. Undefined if the link was not touched. */
export function linkOf(values: Values): Link | null | undefined {
  const { external_id: external, integration_id: integration } = values
  const externalId = textOf(external)?.trim() ?? null
  const integrationId = textOf(integration)
  if (externalId !== null) return { system: null, integrationId, externalId, externalUrl: null }
  const removed = external !== undefined || (integration !== undefined && integrationId === null)
  return removed ? null : undefined
}

function setEstimate(fields: StoryFields, value: unknown): void {
  const estimate = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  if (estimate === null) fields.estimate = null
  else if (typeof estimate === 'number' && Number.isFinite(estimate)) fields.estimate = estimate
}

function setTime(fields: StoryFields, field: 'acceptedAt' | 'deadline', value: unknown): void {
  if (value === null) fields[field] = null
  const iso = typeof value === 'string' || typeof value === 'number' ? isoTime(value) : null
  if (iso !== null) fields[field] = iso
}

/** Names or ids; labels may also come as objects with a name. Null for an empty list. */
function texts(value: unknown): string[] | null {
  if (!Array.isArray(value)) return null
  const list = value.map((item) => textOf(nameOf(item))).filter((item) => item !== null)
  return list.length === 0 ? null : list
}

function nameOf(item: unknown): unknown {
  return typeof item === 'object' && item !== null && 'name' in item ? item.name : item
}
