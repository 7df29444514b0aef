import type { Pages } from './parts.ts'

export function rejectedPages(_pages: Pages): void {}
