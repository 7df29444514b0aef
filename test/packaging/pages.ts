import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'

const PAGES = ['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md', 'docs', 'src/connectors']

/** The paths of everything that people read. */
export const pages = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '--', ...PAGES], {
  encoding: 'utf8',
})
  .split('\n')
  .filter((path) => path.endsWith('.md') && existsSync(path))

export const text = (path: string): string => readFileSync(path, 'utf8')

/** What stands between ``` and ```, in order, without the indentation of a list. */
export function fences(path: string): { readonly language: string; readonly body: string }[] {
  return [...text(path).matchAll(/^( *)```(\w*)\n([\s\S]*?)^ *```$/gm)].map(
    ([, indent = '', language = '', body = '']) => ({
      language,
      body: body.replace(new RegExp(`^${indent}`, 'gm'), ''),
    }),
  )
}

/** Those of one language. */
export function blocks(path: string, language: string): string[] {
  return fences(path).flatMap((each) => (each.language === language ? [each.body] : []))
}
