import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import { METRIC_WORDS } from '../../src/gateway/metric-words.ts'
import { announceImports, announceSeries, createMetrics, showBreaker } from '../../src/observability/metrics.ts'
import { DELIVERY_STATES } from '../../src/store/delivery.ts'
import { startRelay } from '../gateway/running-relay.ts'
import { changed } from '../gateway/tracker-says.ts'
import { type Selector, selectorsOf, seriesOf } from './promql.ts'

interface Rule {
  readonly alert: string
  readonly expr: string
  readonly annotations: { readonly summary: string; readonly description: string }
}

interface Panel {
  readonly id: number
  readonly title: string
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly targets?: readonly { readonly expr: string; readonly refId: string }[]
}

const rules = (
  parse(readFileSync('ops/prometheus-alerts.yaml', 'utf8')) as { groups: { rules: Rule[] }[] }
).groups.flatMap((group) => group.rules)
const dashboard = JSON.parse(readFileSync('ops/grafana-dashboard.json', 'utf8')) as {
  panels: Panel[]
  templating: { list: { name: string }[] }
}
const panels = dashboard.panels.filter(({ targets }) => targets !== undefined)

const metrics = createMetrics({ version: '0.0.0', words: METRIC_WORDS })
announceSeries(metrics, ['enterprise'], ['room'])
announceImports(metrics, ['room'])
showBreaker(metrics, 'room', 'closed')
for (const state of DELIVERY_STATES) metrics.deliveries.set({ integration: 'room', state }, 0)
metrics.httpDuration.zero({ route: '/hooks/:project/:secret' })
const series = seriesOf(metrics)

/** Labels that Prometheus itself puts on every series. */
const SCRAPED = ['instance', 'job']

/** What is wrong with a selector: a metric or a label that is not there, or a value that no series has. */
async function problems({ metric, matchers }: Selector): Promise<string[]> {
  if (metric === 'up') return []
  const labels = series.get(metric)
  if (labels === undefined) return [`there is no metric ${metric}`]
  const exposed = (await metrics.registry.metrics()).split('\n').filter((line) => line.startsWith(`${metric}{`))
  return matchers.flatMap(({ label, operator, value }) => {
    if (SCRAPED.includes(label)) return []
    if (!labels.includes(label)) return [`${metric} has no label ${label}`]
    if (value.startsWith('$')) return []
    const values = operator === '=~' ? value.split('|') : [value]
    return values
      .filter((each) => !exposed.some((line) => line.includes(`${label}="${each}"`)))
      .map((each) => `${metric} has no series with ${label}="${each}"`)
  })
}

const EXPRESSIONS = [
  ...rules.map(({ alert, expr }) => [`the alert ${alert}`, expr] as const),
  ...panels.flatMap(({ title, targets }) =>
    (targets ?? []).map(({ expr, refId }) => [`the panel "${title}", ${refId},`, expr] as const),
  ),
]

t.test('every expression is PromQL over metrics, labels and values that the relay has', async (t) => {
  t.ok(rules.length > 5 && panels.length > 10, 'there are rules and panels')
  for (const [who, expression] of EXPRESSIONS) {
    // Grafana puts a duration in place of this one before Prometheus sees it.
    const selectors = selectorsOf(expression.replaceAll('$__rate_interval', '1m'))
    t.not(selectors.length, 0, `${who} asks for something`)
    t.strictSame((await Promise.all(selectors.map(problems))).flat(), [], who)
  }
})

t.test('the check of the expressions finds what is not there', async (t) => {
  const found = async (expression: string) => (await Promise.all(selectorsOf(expression).map(problems))).flat()
  t.strictSame(await found('rate(relay_nothing_total[5m])'), ['there is no metric relay_nothing_total'])
  t.strictSame(await found('relay_deliveries{connector="jira"}'), ['relay_deliveries has no label connector'])
  t.strictSame(await found('relay_deliveries{state=~"dead|undead"}'), [
    'relay_deliveries has no series with state="undead"',
  ])
  t.throws(() => selectorsOf('sum by (le (x))'), /not PromQL/)
})

t.test('an alert says what is wrong and what to do, and names only labels that its series have', async (t) => {
  t.equal(new Set(rules.map(({ alert }) => alert)).size, rules.length, 'each has a name of its own')
  for (const { alert, expr, annotations } of rules) {
    t.ok(annotations.summary.length > 0 && annotations.description.length > 0, `${alert} is explained`)
    const named = [...`${annotations.summary} ${annotations.description}`.matchAll(/\$labels\.(\w+)/g)]
    const grouped = /by \(([^)]*)\)/.exec(expr)?.[1]?.split(', ')
    const labels = grouped ?? [...selectorsOf(expr).flatMap(({ metric }) => series.get(metric) ?? []), ...SCRAPED]
    for (const [, label] of named) t.ok(labels.includes(label ?? ''), `${alert} has the label ${label}`)
  }
})

t.test('the panels of the dashboard do not overlap, and use only variables that it declares', async (t) => {
  const all = dashboard.panels
  t.equal(new Set(all.map(({ id }) => id)).size, all.length, 'each has an id of its own')
  for (const [index, { title, gridPos: one }] of all.entries()) {
    t.ok(one.x + one.w <= 24, `${title} fits`)
    for (const { title: otherTitle, gridPos: other } of all.slice(index + 1)) {
      const apart =
        one.x + one.w <= other.x || other.x + other.w <= one.x || one.y + one.h <= other.y || other.y + other.h <= one.y
      t.ok(apart, `${title} and ${otherTitle}`)
    }
  }
  const declared = [...dashboard.templating.list.map(({ name }) => name), '__rate_interval', '__all']
  const used = [...JSON.stringify(dashboard).matchAll(/\$\{?([a-z_]+)/g)].map(([, name]) => name ?? '')
  t.strictSame(
    [...new Set(used)].filter((name) => !declared.includes(name)),
    [],
  )
})

const skipWithout = (program: string): string | false =>
  spawnSync(program, [program === 'promtool' ? '--version' : '-v'], { stdio: 'ignore' }).error === undefined
    ? false
    : `${program} is not installed`

t.test(
  'the files for the proxies pass on what Tracker calls, do not hold back live updates, and keep no secret',
  async (t) => {
    const nginx = readFileSync('ops/nginx.conf', 'utf8')
    const caddy = readFileSync('ops/Caddyfile', 'utf8')
    for (const path of ['/hooks/', '/imports/']) {
      t.match(nginx, `location ${path} {`)
      t.match(caddy, `handle ${path}* {`)
    }
    t.match(nginx, /location \/ \{[^}]*proxy_buffering off;/)
    t.match(caddy, 'flush_interval -1')
    t.equal(nginx.match(/^server \{/gm)?.length, nginx.match(/^ {2}access_log off;/gm)?.length)
    t.notMatch(caddy, /^\s*log\b/m)
  },
)

t.test('promtool finds nothing in /metrics and in the alerts', { skip: skipWithout('promtool') }, async (t) => {
  const relay = await startRelay(t)
  await relay.post(changed(1, { story: '109', state: 'accepted' }))
  await relay.allSettled(1)
  const judged = (args: readonly string[], input = '') => {
    const { status, stdout, stderr } = spawnSync('promtool', args, { encoding: 'utf8', input })
    return { status, said: `${stdout}${stderr}` }
  }
  const { text } = await relay.get('/metrics')
  t.strictSame(judged(['check', 'metrics'], text), { status: 0, said: '' })
  const wrong = '# HELP x_total A gauge.\n# TYPE x_total gauge\nx_total 1\n'
  t.not(judged(['check', 'metrics'], wrong).status, 0, 'and would find something')
  t.match(judged(['check', 'rules', 'ops/prometheus-alerts.yaml']), { status: 0, said: /SUCCESS: \d+ rules found/ })
})

t.test('nginx accepts its file', { skip: skipWithout('nginx') }, async (t) => {
  const folder = t.testdir()
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')]
  const request = [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-subj',
    '/CN=relay',
  ]
  execFileSync('openssl', [...request, '-keyout', key, '-out', certificate], { stdio: 'ignore' })
  const site = readFileSync('ops/nginx.conf', 'utf8')
    .replace(/ssl_certificate .*;/, `ssl_certificate ${certificate};`)
    .replace(/ssl_certificate_key .*;/, `ssl_certificate_key ${key};`)
    .replace(/error_log \S+/, `error_log ${join(folder, 'error.log')}`)
    .replace(/(listen \S*?)(80|443)\b/g, '$11$2')
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => {
    mkdirSync(join(folder, name))
    return `${name}_temp_path ${join(folder, name)};`
  })
  const file = join(folder, 'nginx.conf')
  writeFileSync(file, `pid ${join(folder, 'pid')};\nevents {}\nhttp {\n${temporary.join('\n')}\n${site}}\n`)
  const { status, stderr } = spawnSync('nginx', ['-t', '-e', join(folder, 'error.log'), '-c', file], {
    encoding: 'utf8',
  })
  t.equal(status, 0, stderr)
})

t.test('HAProxy accepts its file', { skip: skipWithout('haproxy') }, async (t) => {
  const { status, stderr } = spawnSync('haproxy', ['-c', '-f', 'ops/haproxy.cfg'], { encoding: 'utf8' })
  t.equal(status, 0, stderr)
})

t.test('Caddy accepts its file', { skip: skipWithout('caddy') }, async (t) => {
  const env = { ...process.env, HOME: t.testdir(), XDG_DATA_HOME: '', XDG_CONFIG_HOME: '' }
  const args = ['adapt', '--validate', '--adapter', 'caddyfile', '--config', 'ops/Caddyfile']
  const { status, stderr } = spawnSync('caddy', args, { encoding: 'utf8', env })
  t.equal(status, 0, stderr)
  t.notMatch(stderr, /not formatted/)
})
