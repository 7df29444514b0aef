import { createClient } from '../../src/http/client.ts'
import { SendError } from '../../src/http/send.ts'

/**
 * A program of its own, since Node reads NODE_EXTRA_CA_CERTS only as it starts: asks each address that it is given
 * and prints how that went.
 */
const client = createClient({
  userAgent: 'tracker-relay/test',
  timeoutMs: 30_000,
  blockPrivateAddresses: false,
  allowAddresses: [],
  secrets: [],
})
const ended: unknown[] = []
for (const url of process.argv.slice(2))
  ended.push(
    await client.send({ method: 'POST', url, body: 'x' }).then(
      ({ status }) => status,
      (error: unknown) => (error instanceof SendError ? [error.sent, error.reason, error.message] : String(error)),
    ),
  )
await client.close()
process.stdout.write(JSON.stringify(ended))
