import type { Pages } from './parts.ts'

export function activityPage(_pages: Pages): void {}
