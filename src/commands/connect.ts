import { createInterface } from 'node:readline/promises'
import type { Config, IntegrationConfig } from '../config/schema.ts'
import type { Connection } from '../connectors/contract/connector.ts'
import { DeliveryError } from '../connectors/contract/delivery-error.ts'
import { SealError } from '../connectors/contract/seal-error.ts'
import { createAccounts } from '../gateway/accounts.ts'
import { visible } from '../observability/visible.ts'
import type { Deed } from '../store/audit.ts'
import { createSealer, type Sealer } from '../store/seal.ts'
import { sealedCredentials } from '../store/sealed-credentials.ts'
import type { Store } from '../store/store.ts'
import { CommandFailed } from './command-failed.ts'
import { type ConfigOptions, withStore } from './environment.ts'
import { withOpened } from './opened.ts'
import { complain, print } from './print.ts'

interface Options extends ConfigOptions {
  readonly json?: boolean
}

export async function connect(type: string, name: string, options: Options): Promise<void> {
  const isForProgram = options.json === true
  // What a person has to do is not for the program that reads the result.
  const tell = isForProgram ? complain : print
  await withConnection('connect', type, name, options, async (connection, store) => {
    const account = await connection.account().catch((error: unknown) => {
      if (!(error instanceof SealError || error instanceof DeliveryError)) throw error
      tell(visible(`the stored tokens cannot be used (${error.message}); this replaces them`))
      return null
    })
    if (account !== null) tell(visible(`${name} is authorised as ${account} now; this replaces it`))
    const { url, pending } = await connection.begin(null)
    tell(`Log in as the account that ${name} will write as, open this address, and agree:\n\n  ${visible(url)}\n`)
    const pin = await ask('PIN: ')
    if (pin === '') throw new CommandFailed('no PIN was given; nothing was changed')
    const connected = await connection.finish(pending, { pin })
    await store.saveResume(name, Date.now())
    await store.audit(deedOf('connect', `integration ${name}`), Date.now())
    if (isForProgram) print(JSON.stringify({ integration: name, type, account: connected }))
    else print(visible(`${name} is authorised as ${connected}; a running relay continues within seconds`))
  })
}

export async function disconnect(type: string, name: string, options: Options): Promise<void> {
  await withConnection('disconnect', type, name, options, async (connection, store) => {
    const reason = `disconnected; deliveries are kept until it is authorised again: tracker-relay connect ${type} ${name}`
    await store.savePause(name, null, reason, Date.now())
    await connection.disconnect()
    await store.audit(deedOf('disconnect', `integration ${name}`), Date.now())
    if (options.json === true) print(JSON.stringify({ integration: name, type, account: null, standing: 'paused' }))
    else print(`${name} is disconnected: its tokens are deleted, nothing more is sent, and new deliveries are kept`)
  })
}

export async function rotateKey(options: Options): Promise<void> {
  await withStore(options, async (store, { credentials: { keys } }) => {
    const sealer = createSealer(keys)
    if (sealer === null) throw new CommandFailed(NO_KEYS)
    const names = await store.sealedNames()
    const lost: string[] = []
    // If a running relay saves a newer one in between, that one is encrypted again.
    for (const name of names)
      for (let done = false; !done; ) {
        const sealed = await store.loadSealed(name)
        const value = sealed === null ? null : openedBy(sealer, name, sealed)
        if (sealed !== null && value === null) lost.push(name)
        done = sealed === null || value === null || (await store.replaceSealed(name, sealed, sealer.seal(name, value)))
      }
    const count = names.length - lost.length
    await store.audit(deedOf('rotate key', `${count} of ${names.length} stored credentials`), Date.now())
    if (options.json === true) print(JSON.stringify({ encrypted: names.filter((name) => !lost.includes(name)), lost }))
    if (lost.length > 0)
      throw new CommandFailed(
        `no key decrypts ${lost.join(', ')}: put the old key back, or connect again; all others are encrypted with the first key`,
      )
    if (options.json === true) return
    const sealed = count === 1 ? '1 credential is' : `${count} credentials are`
    print(
      `${sealed} encrypted with the first of credentials.keys; once every relay uses it, the other keys can be removed`,
    )
  })
}

function deedOf(action: 'connect' | 'disconnect' | 'rotate key', subject: string): Deed {
  return { who: 'command line', action, subject, result: 'done' }
}

function openedBy(sealer: Sealer, name: string, sealed: string): string | null {
  try {
    return sealer.open(name, sealed)
  } catch (error) {
    if (error instanceof SealError) return null
    throw error
  }
}

const NO_KEYS =
  'credentials.keys is empty, but tokens are only stored encrypted; make a key with "openssl rand -base64 32" and set it there, best from the environment'

async function withConnection(
  verb: 'connect' | 'disconnect',
  type: string,
  name: string,
  options: Options,
  work: (connection: Connection, store: Store) => Promise<void>,
): Promise<void> {
  await withStore(options, async (store, config) => {
    const integration = integrationOf(verb, type, name, config)
    const credentials = sealedCredentials(store, config.credentials.keys, Date.now)
    if (credentials === undefined) throw new CommandFailed(NO_KEYS)
    const accounts = createAccounts(store, Date.now)
    await withOpened(integration, config, { credentials, accounts }, async ({ session: { connection }, redact }) => {
      if (connection === undefined) throw new CommandFailed(`${name} needs no authorisation: its settings are complete`)
      try {
        await work(connection, store)
      } catch (error) {
        if (error instanceof DeliveryError || error instanceof SealError)
          throw new CommandFailed(redact(visible(error.message)))
        throw error
      }
    })
  })
}

function integrationOf(verb: string, type: string, name: string, { integrations }: Config): IntegrationConfig {
  const found = integrations.find((integration) => integration.name === name)
  if (found?.type === type) return found
  if (found !== undefined)
    throw new CommandFailed(`${name} has the type ${found.type}: tracker-relay ${verb} ${found.type} ${name}`)
  const names = integrations.filter((integration) => integration.type === type).map((integration) => integration.name)
  throw new CommandFailed(
    names.length === 0
      ? `the config has no integration of the type ${type}`
      : `the config has no integration "${name}"; those of the type ${type} are: ${names.join(', ')}`,
  )
}

async function ask(question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  try {
    // The end of the input counts as an empty answer.
    const end = new Promise<string>((resolve) => lines.once('close', () => resolve('')))
    return (await Promise.race([lines.question(question), end])).trim()
  } finally {
    lines.close()
  }
}
