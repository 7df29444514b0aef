import { largestThatFits } from './largest-that-fits.ts'
import { cutBefore } from './whole-characters.ts'

/**
 * The text as `render` makes it, or its longest beginning that fits, with an ellipsis. Measured after rendering, because
 * that is what targets measure; cut between characters.
 * @param room in the target's measure, which also counts the ellipsis
 */
export function fitted(
  text: string,
  room: number,
  render: (text: string) => string,
  measure: (text: string) => number,
): string {
  const whole = render(text)
  if (measure(whole) <= room) return whole
  // Hardly any text shrinks when it is rendered: what is beyond `room` is not worth trying.
  const letters = Array.from(text.slice(0, room))
  const cut = (count: number): string => {
    const kept = letters.slice(0, count).join('').length
    return `${render(text.slice(0, cutBefore(text, kept)).trimEnd())}…`
  }
  return cut(largestThatFits(0, letters.length, (count) => measure(cut(count)) <= room))
}
