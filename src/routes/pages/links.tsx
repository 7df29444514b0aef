import type { Pages } from './parts.ts'

export function linkPages(_pages: Pages): void {}
