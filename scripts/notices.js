// Writes THIRD-PARTY-NOTICES.md: the licence of every package that is installed with the relay, by package-lock.json, with the
// text that the package brings. With --print it writes to standard output.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const PROJECT = fileURLToPath(new URL('..', import.meta.url))
const FILE = join(PROJECT, 'THIRD-PARTY-NOTICES.md')

const { packages } = JSON.parse(readFileSync(join(PROJECT, 'package-lock.json'), 'utf8'))
const shipped = Object.entries(packages).filter(
  ([path, { dev, devOptional, link }]) => path.startsWith('node_modules/') && !dev && !devOptional && !link,
)

function described([path, { version, license }]) {
  const folder = join(PROJECT, path)
  if (!existsSync(folder)) throw new Error(`${path} is not installed; run "npm ci"`)
  const { name, author, homepage, repository } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const files = readdirSync(folder).filter((file) => /^(licen[cs]e|copying|notice)([.-]|$)/i.test(file))
  const texts = files.sort().map((file) => readFileSync(join(folder, file), 'utf8'))
  return {
    name: `${name} ${version}`,
    license: license ?? 'see its text',
    source: typeof repository === 'string' ? repository : (repository?.url ?? homepage ?? ''),
    text:
      texts.length > 0
        ? texts.map(tidy).join('\n\n')
        : `${license}, by ${authorOf(author)}. The package brings no text.`,
  }
}

function authorOf(author) {
  return typeof author === 'string' ? author : (author?.name ?? 'its contributors')
}

function tidy(text) {
  return text
    .replace(/\r/g, '')
    .replace(/[ \t]+$/gm, '')
    .replace(/\n{3,}/g, '\n\n')
    .trim()
}

function part([text, users]) {
  const names = users.map(
    ({ name, license, source }) => `- ${name}, ${license}${source === '' ? '' : `, <${urlOf(source)}>`}`,
  )
  return `${names.join('\n')}\n\n\`\`\`\`text\n${text}\n\`\`\`\`\n`
}

function urlOf(source) {
  if (/^[\w.-]+\/[\w.-]+$/.test(source)) return `https://github.com/${source}`
  return source
    .replace(/^git\+/, '')
    .replace(/^(git|ssh):\/\/(git@)?/, 'https://')
    .replace(/^git@([^:]+):/, 'https://$1/')
    .replace(/^github:/, 'https://github.com/')
    .replace(/\.git$/, '')
}

const byText = new Map()
// A package may be there twice, in one version.
const found = new Map(shipped.map(described).map((one) => [one.name, one]))
for (const one of [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1)))
  byText.set(one.text, [...(byText.get(one.text) ?? []), one])

const document = `# Third-party notices

Tracker Relay is installed with the packages below, each under its own licence. Written by \`npm run notices\`; packages with the same
text stand together.

${[...byText].map(part).join('\n')}`

if (process.argv.includes('--print')) process.stdout.write(document)
else writeFileSync(FILE, document)
