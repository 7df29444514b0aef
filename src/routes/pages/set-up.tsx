import type { Pages } from './parts.ts'

export function setUpPage(_pages: Pages): void {}
