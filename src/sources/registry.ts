import type { Source } from './contract/source.ts'

/** Each is loaded when a config names it. Tracker is not among them: it is what a project has without a source. */
const SOURCES: Readonly<Record<string, () => Promise<{ readonly default: Source }>>> = {
  github: () => import('./github/index.ts'),
  gitlab: () => import('./gitlab/index.ts'),
  linear: () => import('./linear/index.ts'),
  mapped: () => import('./mapped/index.ts'),
  shortcut: () => import('./shortcut/index.ts'),
}

export const SOURCE_NAMES: readonly string[] = Object.keys(SOURCES)

/** Unknown names are ignored. */
export async function loadSources(names: readonly string[] = SOURCE_NAMES): Promise<readonly Source[]> {
  const wanted = Object.entries(SOURCES).filter(([name]) => names.includes(name))
  const loaded = await Promise.all(wanted.map(([, load]) => load()))
  return loaded.map((module) => module.default)
}
