/** True when the settings name a view; an empty text, which an empty environment variable leaves, names none. */
export function hasView({ view_id }: { readonly view_id?: number | string | undefined }): boolean {
  return view_id !== undefined && String(view_id).trim() !== ''
}

/** The number of a view, from itself or from an address of its page; null when there is none in it. */
export function viewOf(setting: number | string | undefined): string | null {
  const text = String(setting ?? '').trim()
  if (/^\d{1,18}$/.test(text)) return text
  return /\/(?:filters|views)\/(\d{1,18})(?:[/?#.]|$)/.exec(text)?.[1] ?? null
}
