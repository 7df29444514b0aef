import type { LoadFnOutput, LoadHookContext } from 'node:module'
import { BROKEN_BUILDS, type BrokenBuild } from './builds.ts'

let build: BrokenBuild | undefined

export function initialize(number: number): void {
  build = BROKEN_BUILDS[number]
}

/** https://nodejs.org/api/module.html#loadurl-context-nextload */
export async function load(
  url: string,
  context: LoadHookContext,
  nextLoad: (url: string, context: LoadHookContext) => Promise<LoadFnOutput>,
): Promise<LoadFnOutput> {
  const loaded = await nextLoad(url, context)
  if (build === undefined || !url.endsWith(`${build.file}.js`)) return loaded
  let source = String(loaded.source)
  for (const [text, by] of build.replaced) {
    if (source.search(text) === -1) throw new Error(`${build.file} has no ${text}: ${build.name}`)
    source = source.replace(text, by)
  }
  return { ...loaded, source }
}
