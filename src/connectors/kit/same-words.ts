/**
 * Whether two texts differ only in what targets change: white space, line ends and zero-width spaces.
 * @param links 'ignored' if the target replaces links by its own
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
