import { join } from 'node:path'
import t from 'tap'
import { freshFolder, SECRET, writeConfig } from '../gateway/running-relay.ts'
import { writeMigratedDatabase } from '../store/database.ts'
import { tracker } from './command-line.ts'

// Each process takes seconds to start on a machine that is busy with other things.
t.setTimeout(300_000)

t.test('a list without anything in it says so to people, and is empty for programs', async (t) => {
  const folder = freshFolder(t)
  const config = writeConfig(folder, {
    server: { port: 8123, public_url: 'https://relay.example.com' },
    projects: [],
    integrations: {},
  })
  await writeMigratedDatabase(join(folder, 'relay.db'))
  for (const command of [
    ...[['activities'], ['deliveries'], ['replays'], ['links'], ['rejected'], ['integrations'], ['audit'], ['stats']],
    ...[['hooks'], ['imports'], ['imports', 'status']],
  ]) {
    const told = await tracker([...command, '-c', config])
    t.match(told, { code: 0, stdout: '', stderr: /^nothing found$/m }, command.join(' '))
    const json = await tracker([...command, '--json', '-c', config])
    t.match(json, { code: 0, stdout: '' }, command.join(' '))
    t.notMatch(json.stderr, /nothing found/)
  }
})

t.test('hooks, imports and integrations are JSON objects, one a line, for programs', async (t) => {
  const folder = freshFolder(t)
  const config = writeConfig(folder, {
    server: { port: 8123, public_url: 'https://relay.example.com' },
    projects: [{ id: '26', secret: SECRET, integrations: ['log'] }],
    integrations: {
      log: { type: 'log' },
      desk: {
        type: 'zendesk',
        ...{ url: 'https://desk.example.com', user_email: 'a@example.com', api_token: 'Kq3vRelayKey', view_id: 1 },
        import: { secrets: ['the-first-secret-of-desk', 'the-second-secret-of-desk'] },
      },
    },
  })
  await writeMigratedDatabase(join(folder, 'relay.db'))
  const objects = async (command: string): Promise<unknown[]> => {
    const { code, stdout, stderr } = await tracker([command, '--json', '-c', config])
    t.equal(code, 0, stderr)
    return stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
  }
  t.strictSame(await objects('hooks'), [{ project: '26', url: `https://relay.example.com/hooks/26/${SECRET}` }])
  t.strictSame(await objects('imports'), [
    { integration: 'desk', url: 'https://relay.example.com/imports/desk/the-first-secret-of-desk.xml' },
    { integration: 'desk', url: 'https://relay.example.com/imports/desk/the-second-secret-of-desk.xml' },
  ])
  await tracker(['pause', 'log', '--reason', 'spring cleaning', '-c', config])
  t.match(await objects('integrations'), [
    { name: 'log', type: 'log', standing: { state: 'paused', reason: 'spring cleaning' }, open: 0 },
    { name: 'desk', type: 'zendesk', standing: { state: 'running', reason: null } },
  ])
})
