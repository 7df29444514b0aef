import { EventEmitter } from 'node:events'
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import t from 'tap'
import { createTurns } from '../../src/routes/turns.ts'

class FakeSocket extends EventEmitter {
  destroyed = false
  isPaused = false
  pause(): void {
    this.isPaused = true
  }
  resume(): void {
    this.isPaused = false
  }
  destroy(): void {
    this.destroyed = true
    this.emit('close')
  }
}

function begun() {
  const takeTurn = createTurns()
  const responses: EventEmitter[] = []
  return {
    responses,
    ask(socket: FakeSocket): void {
      const response = new EventEmitter()
      takeTurn(socket as unknown as Socket, response as ServerResponse, () => responses.push(response))
    },
  }
}

t.test('of the requests that wait, one begins in each turn of the event loop, whatever its connection', async (t) => {
  const { ask, responses } = begun()
  const sockets = Array.from({ length: 5 }, () => new FakeSocket())
  for (const socket of sockets) for (let count = 0; count < 3; count += 1) ask(socket)
  t.equal(responses.length, 5, 'the first of each connection begins at once')
  for (const response of responses.slice()) response.emit('close')
  for (let turn = 1; turn <= 5; turn += 1) {
    await setImmediate()
    t.equal(responses.length, 5 + turn)
  }
  await setImmediate()
  t.equal(responses.length, 10, 'and the third only after the second is answered')
})

t.test('a connection without requests that wait never waits for others', async (t) => {
  const { ask, responses } = begun()
  const [ahead, polite] = [new FakeSocket(), new FakeSocket()]
  for (let count = 0; count < 10; count += 1) ask(ahead)
  ask(polite)
  responses[1]?.emit('close')
  responses[0]?.emit('close')
  ask(polite)
  t.equal(responses.length, 3)
})

t.test('a connection that brings more requests than may wait altogether is closed, and makes room again', async (t) => {
  const { ask, responses } = begun()
  const flood = (): FakeSocket => {
    const socket = new FakeSocket()
    for (let count = 0; count < 10_001; count += 1) ask(socket)
    return socket
  }
  const first = flood()
  t.match(first, { destroyed: false, isPaused: true })
  const second = new FakeSocket()
  ask(second)
  t.equal(responses.length, 2, 'a client that sends nothing ahead is served all the same')
  ask(second)
  t.ok(second.destroyed)
  first.destroy()
  t.notOk(flood().destroyed)
})
