const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** "2 h 34 min": two units at most. */
export function durationWords(ms: number): string {
  if (ms < SECOND) return `${Math.max(0, Math.round(ms))} ms`
  if (ms < 10 * SECOND) return `${(ms / SECOND).toFixed(1)} s`
  if (ms < MINUTE) return `${Math.floor(ms / SECOND)} s`
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min`
  if (ms < DAY) return joined(Math.floor(ms / HOUR), 'h', Math.floor((ms % HOUR) / MINUTE), 'min')
  const days = Math.floor(ms / DAY)
  return days < 7 ? joined(days, 'd', Math.floor((ms % DAY) / HOUR), 'h') : `${days} d`
}

function joined(first: number, unit: string, rest: number, restUnit: string): string {
  return rest === 0 || (unit === 'h' && first >= 10) ? `${first} ${unit}` : `${first} ${unit} ${rest} ${restUnit}`
}

interface TimeProps {
  /** ISO 8601. */
  readonly at: string
  readonly now: number
}

/** "2 min ago", "in 3 min"; the exact time in UTC on hover. A script keeps it true. */
export function Ago({ at, now }: TimeProps) {
  const ms = now - Date.parse(at)
  return (
    <Stamp at={at} shows="ago">
      {ms < 0
        ? `in ${durationWords(-ms)}`
        : ms < SECOND
          ? 'just now'
          : `${durationWords(Math.floor(ms / SECOND) * SECOND).replace('.0 s', ' s')} ago`}
    </Stamp>
  )
}

/** "2 h 34 min": how long it has lasted. */
export function Since({ at, now }: TimeProps) {
  return (
    <Stamp at={at} shows="for">
      {durationWords(Math.max(0, Math.floor((now - Date.parse(at)) / SECOND) * SECOND))
        .replace('.0 s', ' s')
        .replace('0 ms', '0 s')}
    </Stamp>
  )
}

/** "14:20:11 UTC"; a script shows it in the reader's own zone. Another day has its date. */
export function Clock({ at, now, seconds = false }: TimeProps & { seconds?: boolean }) {
  const time = at.slice(11, seconds ? 19 : 16)
  const today = new Date(now).toISOString().slice(0, 10)
  const text = at.slice(0, 10) === today ? `${time} UTC` : `${at.slice(0, 10)} ${time} UTC`
  return (
    <Stamp at={at} shows={seconds ? 'seconds' : 'clock'}>
      {text}
    </Stamp>
  )
}

/** Within the hour how long ago it was, else the clock time. */
export function When({ at, now }: TimeProps) {
  return Math.abs(now - Date.parse(at)) < HOUR ? <Ago at={at} now={now} /> : <Clock at={at} now={now} />
}

function Stamp({ at, shows, children }: { at: string; shows: string; children: string }) {
  return (
    <time datetime={at} title={`${at.slice(0, 19).replace('T', ' ')} UTC`} data-shows={shows}>
      {children}
    </time>
  )
}
