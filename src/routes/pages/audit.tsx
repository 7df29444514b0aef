import type { Pages } from './parts.ts'

export function auditPage(_pages: Pages): void {}
