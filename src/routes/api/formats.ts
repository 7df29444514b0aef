/** Formats of text that schemas name. */
export const formats = { 'date-time': isTime }

/** ISO 8601 with a zone, of a time that there can be. */
function isTime(text: string): boolean {
  return (
    /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/i.test(text) && !Number.isNaN(Date.parse(text))
  )
}
