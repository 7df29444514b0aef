import type { DeliveryAnswer } from '../api/deliveries.ts'
import type { Frame } from './frame.tsx'

interface DeliveryLinkProps {
  readonly frame: Frame
  readonly delivery: DeliveryAnswer
  /** What Tracker said; undefined if it is not known any more. */
  readonly sentence: string | undefined
}

/** Tracker's sentence, which leads to what became of it in this integration. */
export function DeliveryLink({ frame, delivery, sentence }: DeliveryLinkProps) {
  const { activity, integration, kind, story } = delivery
  return (
    <a href={`${frame.base}/activities/${activity}#${encodeURIComponent(wayAnchor(integration))}`}>
      {sentence ?? `${kind}${story === null ? '' : ` of story ${story}`}`}
    </a>
  )
}

/** The id of an integration's part of the page of an activity. */
export function wayAnchor(integration: string): string {
  return `way-${integration}`
}
