import type { Command } from 'commander'

/** What the help of each command shows, by its words. */
const EXAMPLES: Readonly<Record<string, readonly string[]>> = {
  start: ['start', 'start --config /etc/tracker-relay/relay.yaml'],
  demo: ['demo', 'demo --break jira', 'demo --stay --all', 'demo --json'],
  'stand-in': ['stand-in jira', 'stand-in jira --port 8091'],
  check: ['check', 'check --offline', 'check --json'],
  explain: ['explain activity.xml', 'explain --project 1234567 - < activity.xml'],
  send: [
    'send activity.xml',
    'send --project 1234567 - < activities.json',
    'send activity.xml --url http://127.0.0.1:8080',
  ],
  migrate: ['migrate --verbose', 'migrate --json'],
  backup: ['backup /backup/relay-monday.db', 'backup /backup/relay-monday.db --json'],
  restore: ['restore /backup/relay-monday.db', 'restore /backup/relay-monday.db --replace'],
  'migrate-store': [
    'migrate-store --to postgres://relay@db.example.com/relay',
    'migrate-store --to file:/etc/tracker-relay/database-url --json',
    'migrate-store --undo',
  ],
  hooks: ['hooks', 'hooks --json'],
  imports: ['imports', 'imports status', 'imports preview jira --limit 5', 'imports refresh jira'],
  'imports list': ['imports list --json'],
  'imports status': ['imports status', 'imports status --url http://127.0.0.1:8080 --token-file data/admin-token'],
  'imports preview': ['imports preview jira --limit 5'],
  'imports refresh': ['imports refresh jira'],
  import: ['import jira', 'import jira --json'],
  activities: ['activities --story 109', 'activities show 812', 'activities replan --project 1234567 --from 7d'],
  'activities list': ['activities list --text kirk --from 2h', 'activities list --integration jira --state open'],
  'activities show': ['activities show 812'],
  'activities replan': ['activities replan 812', 'activities replan --project 1234567 --integration jira --dry-run'],
  deliveries: ['deliveries --state dead', 'deliveries show 812', 'deliveries replay --state dead --integration jira'],
  'deliveries list': [
    'deliveries list --story 109 --limit 10',
    'deliveries list --unusual --from 1d',
    'deliveries list --integration jira --from 2h --url http://127.0.0.1:8080 --token-file data/admin-token',
  ],
  'deliveries show': ['deliveries show 812'],
  'deliveries replay': ['deliveries replay 812 813', 'deliveries replay --state dead --integration jira'],
  'deliveries skip': ["deliveries skip 812 --reason 'wrong ticket'", 'deliveries skip --story 109 --dry-run'],
  'deliveries move': ['deliveries move jira jira-cloud'],
  replay: ['replay 812 813', 'replay --integration jira --from 2h', 'replay --state dead --state skipped --dry-run'],
  skip: ["skip 812 --reason 'wrong ticket'", 'skip --story 109 --dry-run'],
  move: ['move jira jira-cloud'],
  replays: ['replays --state running', 'replays show 3', 'replays cancel 3'],
  'replays list': ['replays list --state running'],
  'replays show': ['replays show 3'],
  'replays cancel': ['replays cancel 3'],
  integrations: ['integrations', 'integrations show jira', 'integrations check jira'],
  'integrations list': ['integrations list --json'],
  'integrations show': ['integrations show jira'],
  'integrations check': ['integrations check jira'],
  pause: ["pause jira --reason 'JIRA is being upgraded'"],
  resume: ['resume jira'],
  test: ['test room'],
  audit: ['audit --limit 10', "audit --who 'command line' --action replay"],
  stats: ['stats', 'stats --by day --integration jira --from 30d', 'stats --rebuild'],
  erase: ['erase --story 109 --project 1234567 --dry-run', "erase --person 'Nyota Uhura'"],
  connect: ['connect twitter team', 'connect twitter team --json'],
  disconnect: ['disconnect twitter team'],
  'rotate-key': ['rotate-key'],
  links: ['links --project 1234567', 'links set 1234567 109 ENT-17 --integration jira'],
  'links list': ['links list --story 109'],
  'links set': ['links set 1234567 109 ENT-17', 'links set 1234567 109 ENT-17 --integration jira'],
  'links remove': ['links remove 1234567 109', 'links remove 1234567 109 --forget'],
  'links import': ['links import links.csv'],
  rejected: ['rejected', 'rejected show 3', 'rejected replay --all'],
  'rejected list': ['rejected list --limit 10'],
  'rejected show': ['rejected show 3'],
  'rejected replay': ['rejected replay 3', 'rejected replay 3 --body mended.xml', 'rejected replay --all'],
  'rejected delete': ['rejected delete 3 4'],
  schema: ['schema > relay.schema.json'],
  completion: ['completion fish > ~/.config/fish/completions/tracker-relay.fish'],
}

/** Adds examples to the help of each command. */
export function showExamples(command: Command, words: readonly string[] = []): void {
  const examples = EXAMPLES[words.join(' ')] ?? []
  if (examples.length > 0)
    command.addHelpText('after', `\nExamples:\n${examples.map((one) => `  tracker-relay ${one}`).join('\n')}`)
  for (const one of command.commands) showExamples(one, [...words, one.name()])
}
