import { Pool } from 'undici'
import { body, CONTENT_TYPES } from '../bodies.ts'

// What undici alone can do: node undici-loop.js ORIGIN CONNECTIONS FIRST COUNT posts bodies to the first target.
const [, , origin = '', connections = '', first = '', count = ''] = process.argv
const pool = new Pool(origin, { connections: Number(connections), pipelining: 1 })
const headers = { 'content-type': CONTENT_TYPES.json }
const end = Number(first) + Number(count)
let next = Number(first)

async function connection(start: number): Promise<void> {
  for (let number = start; number < end; number += Number(connections)) {
    const answer = await pool.request({ path: '/0', method: 'POST', headers, body: body('json', number) })
    await answer.body.dump()
  }
}

process.on('disconnect', () => process.exit(0))
process.send?.('ready')
process.once('message', () => {
  const connected = Array.from({ length: Number(connections) }, () => connection(next++))
  void Promise.all(connected).then(() => pool.close())
})
