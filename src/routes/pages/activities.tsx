import type { Pages } from './parts.ts'

export function activityPages(_pages: Pages): void {}
