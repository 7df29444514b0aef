/** Something that needs a person, at one moment. What is not known for sure is not in the list at all. */
export interface Condition {
  /** The same from its beginning to its end, on all instances. */
  readonly id: string
  /** The integration that it is about; null for the relay as a whole. */
  readonly about: string | null
  /** What programs can switch on. */
  readonly what: 'held' | 'paused' | 'dead' | 'day_cap' | 'import' | 'disk'
  /** False: it has ended, or never began. */
  readonly holds: boolean
  /** A sentence without its full stop, for this state. */
  readonly message: string
  /** Of a condition that can grow: more is news, too. */
  readonly count?: number
}
