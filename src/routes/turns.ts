import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** More than any client that pipelines in earnest sends ahead. */
const MOST_WAITING = 32
/** Node reads 64 KiB at once, which is up to 2,500 requests. */
const MOST_READ = 10_000

type Begin = () => void

interface Queue {
  readonly waiting: { readonly begin: Begin; readonly response: ServerResponse }[]
  isPaused: boolean
}

/**
 * Node's HTTP server pauses and resumes connections in this way itself when too many answers wait (lib/_http_server.js):
 * while `_paused` is set, nobody else resumes one, and its parser is paused too.
 */
type HttpSocket = Socket & { _paused?: boolean; readonly parser?: { resume?(): void } | null }

/**
 * Lets a connection have one request under way, and begins its next one only after everybody else had a turn: Node reads
 * thousands of small requests from a connection at once, and would begin all of them before anything else. Nothing more
 * is read from a connection while many of its requests wait.
 */
export function createTurns(): (socket: Socket, response: ServerResponse, begin: Begin) => void {
  const queues = new WeakMap<HttpSocket, Queue>()

  function start(socket: HttpSocket, response: ServerResponse, begin: Begin): void {
    // Comes after the answer was handed to the system, so that who never reads its answers has no next turn.
    response.once('close', () => setImmediate(next, socket))
    begin()
  }

  function next(socket: HttpSocket): void {
    const queue = queues.get(socket)
    if (queue === undefined) return
    const one = socket.destroyed ? undefined : queue.waiting.shift()
    if (queue.isPaused && queue.waiting.length < MOST_WAITING / 2) pause(socket, queue, false)
    if (one === undefined) queues.delete(socket)
    else start(socket, one.response, one.begin)
  }

  function pause(socket: HttpSocket, queue: Queue, isPaused: boolean): void {
    queue.isPaused = isPaused
    socket._paused = isPaused
    if (isPaused) {
      socket.pause()
      return
    }
    socket.parser?.resume?.()
    socket.resume()
  }

  return (socket, response, begin) => {
    const queue = queues.get(socket)
    if (queue === undefined) {
      queues.set(socket, { waiting: [], isPaused: false })
      start(socket, response, begin)
      return
    }
    queue.waiting.push({ begin, response })
    if (queue.waiting.length > MOST_READ) socket.destroy()
    else if (queue.waiting.length >= MOST_WAITING) pause(socket, queue, true)
  }
}
