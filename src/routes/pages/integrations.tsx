import type { Pages } from './parts.ts'

export function integrationPages(_pages: Pages): void {}
