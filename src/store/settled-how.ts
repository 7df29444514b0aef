// SQL conditions on rows of deliveries. How one was settled besides its state stands in the beginning of its note.

export const SUPERSEDED = "(state = 'skipped' and note like 'superseded%')"
/** The target refused the rest. After a doubt it stands further on. */
export const IN_PART = "(state = 'delivered' and note like '%the comment alone: %')"
const CONFIRMED = "(state = 'delivered' and note like 'found at the target after a doubtful attempt%')"

/** Those that are settled and did not simply arrive. */
export const UNUSUAL = `(state = 'dead' or ${SUPERSEDED} or ${IN_PART} or ${CONFIRMED})`
