import type { Attachment, Comment } from './activity.ts'
import { objectOf, textOf, type Values } from './json-values.ts'
import { optionalId } from './required.ts'

/** @param uploads the files that the same activity tells of on their own, by id: a comment may name only their ids */
export function commentOf(
  id: string | null,
  change: Comment['change'],
  values: Values,
  uploads: ReadonlyMap<string, Attachment>,
): Comment {
  const files = objectsIn(values.file_attachments).map(fileOf)
  const documents = objectsIn(values.google_attachments).map(documentOf)
  const known = new Set(files.map((file) => file.id))
  const named = idsIn(values.file_attachment_ids).filter((each) => !known.has(each))
  const attachments = [...files, ...named.map((each) => uploads.get(each) ?? fileOf({ id: each })), ...documents]
  const commit = textOf(values.commit_identifier)
  return {
    id,
    change,
    text: textOf(values.text) ?? '',
    ...(attachments.length === 0 ? {} : { attachments }),
    ...(commit === null ? {} : { commit: { id: commit, type: textOf(values.commit_type) } }),
  }
}

export function fileOf(file: Values): Attachment {
  return {
    kind: 'file',
    id: optionalId(file.id),
    name: textOf(file.filename),
    contentType: textOf(file.content_type),
    size: sizeOf(file.size),
    url: textOf(file.download_url) ?? textOf(file.url),
  }
}

export function documentOf(document: Values): Attachment {
  return {
    kind: 'google_drive',
    id: optionalId(document.id),
    name: textOf(document.title),
    contentType: textOf(document.google_kind),
    size: null,
    url: textOf(document.alternate_link),
  }
}

function objectsIn(list: unknown): Values[] {
  return Array.isArray(list) ? list.map(objectOf).filter((each) => Object.keys(each).length > 0) : []
}

function idsIn(list: unknown): string[] {
  return Array.isArray(list) ? list.map(optionalId).filter((each) => each !== null) : []
}

function sizeOf(size: unknown): number | null {
  return typeof size === 'number' && Number.isSafeInteger(size) && size >= 0 ? size : null
}
