interface CopyFieldProps {
  readonly id: string
  readonly label: string
  readonly value: string
  /** False: part of it is hidden from this person. */
  readonly canCopy?: boolean
}

/** A text that is selected as a whole, with a button to copy it where there are scripts. */
export function CopyField({ id, label, value, canCopy = true }: CopyFieldProps) {
  return (
    <div class="row">
      <label class="field grow">
        {label}
        <input id={id} readonly value={value} autocomplete="off" spellcheck={false} />
      </label>
      {canCopy ? (
        <button type="button" data-copy={id} hidden aria-label={`Copy: ${label}`}>
          Copy
        </button>
      ) : null}
    </div>
  )
}
