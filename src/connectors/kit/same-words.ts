/**
 * Whether two texts are the same words, whatever a target has done to blanks, line ends and zero-width spaces.
 * @param links whether the links must be the same too: not if the target shows its own instead
 */
export function sameWords(one: string, other: string, links: 'compared' | 'ignored' = 'compared'): boolean {
  return bare(one, links) === bare(other, links)
}

function bare(text: string, links: 'compared' | 'ignored'): string {
  return text
    .normalize('NFC')
    .replace(/https?:\/\/\S+/g, (link) => (links === 'compared' ? link : ''))
    .replace(/[\u200B\uFEFF]/g, '')
    .replace(/\s+/g, ' ')
    .trim()
}
