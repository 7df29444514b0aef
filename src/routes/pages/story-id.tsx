/** More than a number of Tracker's ever has. */
const LONGEST = 14
const SHOWN = 8

/** `#109`. Of an id such as a UUID, which nobody reads, only the beginning is shown. */
export function StoryId({ id }: { id: string }) {
  return id.length <= LONGEST ? <>#{id}</> : <span title={id}>#{id.slice(0, SHOWN)}…</span>
}
