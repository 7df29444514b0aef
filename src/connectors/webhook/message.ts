import type { Activity, StoryChange } from '../../tracker/activity.ts'
import type { Job } from '../contract/connector.ts'
import { noticeText } from '../kit/notice-text.ts'

export interface Message {
  readonly contentType: string
  readonly body: string | Buffer
}

/** What is posted: the same bytes for every attempt of a delivery. */
export async function messageOf(job: Job, payload: 'activity' | 'raw'): Promise<Message> {
  const { effect, occurredAt } = job
  if (effect.kind === 'notice')
    return json('relay.notice', occurredAt.toISOString(), { text: noticeText(effect), lines: effect.lines })
  const { activity, raw, contentType } = await job.activity()
  if (payload === 'raw') return { contentType: contentType ?? contentTypeOf(raw), body: raw }
  return json(typeOf(activity), activity.occurredAt, activity)
}

function json(type: string, timestamp: string, data: object): Message {
  return { contentType: 'application/json', body: JSON.stringify({ type, timestamp, data }) }
}

/**
 * A word that a receiver can switch on: story.accepted, comment.created, ... Only a-z, A-Z, 0-9, "_" and ".", as
 * Standard Webhooks asks.
 */
export function typeOf(activity: Activity): string {
  const states = new Set(activity.stories.flatMap(newState))
  const [state] = states
  if (states.size === 1 && state !== undefined) return `story.${plain(state)}`
  const [, thing, verb] = /^(?:multi_)?(.+)_(create|update|delete|move)$/.exec(activity.kind) ?? []
  if (thing === undefined || verb === undefined) return plain(activity.kind) || 'activity'
  return `${thing === 'note' ? 'comment' : plain(thing)}.${verb.replace(/e$/, '')}ed`
}

function newState({ change, fields, original }: StoryChange): string[] {
  const state = fields.currentState ?? null
  return change === 'update' && state !== null && state !== original.currentState ? [state] : []
}

const plain = (text: string): string => text.replace(/[^A-Za-z0-9_]/g, '_')

function contentTypeOf(raw: Buffer): string {
  const [first] = raw.subarray(0, 200).toString().trimStart()
  if (first === '<') return 'application/xml'
  return first === '{' ? 'application/json' : 'application/octet-stream'
}

/** True if a pattern matches the whole kind, or there are none; "*" stands for any text. Takes linear time. */
export function isChosen(kind: string, patterns: readonly string[]): boolean {
  return patterns.length === 0 || patterns.some((pattern) => fits(kind, pattern))
}

function fits(kind: string, pattern: string): boolean {
  const [head = '', ...others] = pattern.split('*')
  const tail = others.pop()
  if (tail === undefined) return kind === head
  if (kind.length < head.length + tail.length || !kind.startsWith(head) || !kind.endsWith(tail)) return false
  let at = head.length
  for (const part of others) {
    const found = kind.indexOf(part, at)
    if (found === -1) return false
    at = found + part.length
  }
  return at <= kind.length - tail.length
}
