import { cpus, release, totalmem, type } from 'node:os'
import type { Bar, Measured, Section } from './section.ts'
import type { SelfCheck } from './self-check.ts'

export interface Done extends Measured {
  readonly section: Section
}

export interface Circumstances {
  readonly commit: string
  readonly date: string
  readonly rounds: number
  readonly isQuick: boolean
  readonly versions: Readonly<Record<string, string>>
}

/** The whole of RESULTS.md. */
export function report(done: readonly Done[], circumstances: Circumstances, check: SelfCheck): string {
  const { commit, date, rounds, isQuick, versions } = circumstances
  const [cpu] = cpus()
  const violations = check.violations.map((each) => `- ${each}`)
  return `${[
    '# Results of `npm run bench`',
    '',
    ...(isQuick ? ['A quick run: it checks the bench and the relay, and its times say nothing.', ''] : []),
    `- ${date}, commit ${commit}`,
    `- ${cpus().length} processors (${cpu?.model ?? 'unknown'}), ${Math.round(totalmem() / 2 ** 30)} GiB, ${type()} ${release()}`,
    `- ${Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', ')}`,
    `- ${rounds === 1 ? 'one round' : `medians of ${rounds} rounds`}`,
    `- self-check: ${check.made} checks, ${check.violations.length} violations`,
    ...violations,
    '',
    'The load, the sink and what is measured share the machine, each in a process of its own. Times depend on it, and change',
    'from minute to minute where others use it too, so read the ratios: each compares two things that ran right after one',
    'another in the same round. "µs each" is the processor time, of all threads, that the measured process spends on one.',
    '',
    ...(isQuick ? [] : bars(done)),
    ...done.flatMap(chapter),
  ].join('\n')}\n`
}

function bars(done: readonly Done[]): string[] {
  const all = done.flatMap((each) => each.bars ?? []).filter(({ found }) => found !== undefined && !Number.isNaN(found))
  if (all.length === 0) return []
  const rows = all.map((bar) => [
    bar.what,
    shown(bar.found, (bar.found ?? 0) >= 100 ? 0 : 2),
    wanted(bar),
    isMet(bar) ? 'met' : '**missed**',
  ])
  return ['## Bars', '', ...table(['', 'found', 'wanted', ''], rows), '']
}

function isMet({
  found = Number.NaN,
  atLeast = Number.NEGATIVE_INFINITY,
  atMost = Number.POSITIVE_INFINITY,
}: Bar): boolean {
  return found >= atLeast && found <= atMost
}

function wanted({ atLeast, atMost }: Bar): string {
  return [atLeast === undefined ? [] : `at least ${atLeast}`, atMost === undefined ? [] : `at most ${atMost}`]
    .flat()
    .join(', ')
}

/** A section's table, for the terminal too. */
export function chapter({ section, samples, columns, notes = [] }: Done): string[] {
  const rows = samples
    .rows()
    .map((row) => [row, ...columns.map(({ measure, digits = 0 }) => shown(samples.median(row, measure), digits))])
  return [
    `## ${section.title}`,
    '',
    section.explanation,
    '',
    ...(rows.length === 0 ? [] : [...table(['', ...columns.map(({ measure }) => measure)], rows), '']),
    ...notes.map((note) => `- ${note}`),
    ...(notes.length === 0 ? [] : ['']),
  ]
}

function shown(value: number | undefined, digits: number): string {
  if (value === undefined || Number.isNaN(value)) return ''
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}

/** The first column is text, the others are numbers. */
function table(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = header.map((title, at) => Math.max(3, title.length, ...rows.map((row) => row[at]?.length ?? 0)))
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join(' | ')} |`
  const rule = widths.map((width, at) => (at === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`))
  return [line(header), line(rule), ...rows.map(line)]
}
