import t from 'tap'
import { administeredRelay, READER } from './administered.ts'
import { operations } from './documented.ts'

t.test('each route is closed without a token, and each that changes something to the role read', async (t) => {
  const { api } = await administeredRelay(t)
  t.ok(operations.length > 15, `${operations.length} routes`)
  for (const { method, path } of operations) {
    const filled = path
      .replace('/api/v1', '')
      .replace(/\{id\}/g, '1')
      .replace(/\{[^}]+\}/g, 'log')
    const what = `${method} ${filled}`
    t.equal((await api(filled, { method, token: null })).status, 401, `${what} without a token`)
    t.equal((await api(filled, { method, token: 'a-guess-0123456789' })).status, 401, `${what} with a wrong one`)
    const read = (await api(filled, { method, token: READER })).status
    if (method === 'GET') t.notOk([401, 403].includes(read), `${what} with read: ${read}`)
    else t.equal(read, 403, `${what} with read`)
    const operate = (await api(filled, { method })).status
    t.notOk([401, 403, 500].includes(operate), `${what} with operate: ${operate}`)
  }
})
