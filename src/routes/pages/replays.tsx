import type { Pages } from './parts.ts'

export function replayPages(_pages: Pages): void {}
