import { Fragment } from 'preact'

/** What a target said, in which an address can be followed. It is text from outside: only http addresses are links. */
export function Note({ text }: { text: string }) {
  return (
    <>
      {text.split(/(https?:\/\/[^\s"'<>]*[^\s"'<>.,;:!?)\]])/i).map((piece, at) =>
        at % 2 === 0 ? (
          <Fragment key={at}>{piece}</Fragment>
        ) : (
          <a key={at} href={piece} rel="noreferrer">
            {piece}
          </a>
        ),
      )}
    </>
  )
}
