import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** More than any client that pipelines in earnest sends ahead. */
const MOST_WAITING = 32
/** Node reads 64 KiB at once, which is up to 2,500 requests of a connection; each takes some KiB of memory. */
const MOST_WAITING_OF_ALL = 10_000

type Begin = () => void

interface Queue {
  readonly waiting: { readonly begin: Begin; readonly response: ServerResponse }[]
  /** A request is under way, or the next one waits for its turn. */
  isBusy: boolean
  isPaused: boolean
}

/**
 * Node's HTTP server pauses and resumes connections in this way itself when too many answers wait (lib/_http_server.js):
 * while `_paused` is set, nobody else resumes one, and its parser is paused too.
 */
type HttpSocket = Socket & { _paused?: boolean; readonly parser?: { resume?(): void } | null }

/**
 * Lets a connection have one request under way, and begins its next one only after everybody else had a turn: Node reads
 * thousands of small requests from a connection at once, and would begin all of them before anything else. Of all that
 * wait, one begins in each turn of the event loop, however many connections there are. Nothing more is read from a
 * connection while many of its requests wait.
 */
export function createTurns(): (socket: Socket, response: ServerResponse, begin: Begin) => void {
  const queues = new WeakMap<HttpSocket, Queue>()
  const inLine: HttpSocket[] = []
  let waitingOfAll = 0

  function queueOf(socket: HttpSocket): Queue {
    const found = queues.get(socket)
    if (found !== undefined) return found
    const queue: Queue = { waiting: [], isBusy: false, isPaused: false }
    queues.set(socket, queue)
    socket.once('close', () => forget(queue))
    return queue
  }

  function forget({ waiting }: Queue): void {
    waitingOfAll -= waiting.length
    waiting.length = 0
  }

  function start(socket: HttpSocket, queue: Queue, response: ServerResponse, begin: Begin): void {
    queue.isBusy = true
    // Comes after the answer was handed to the system, so that who never reads its answers has no next turn.
    response.once('close', () => {
      if (queue.waiting.length === 0) queue.isBusy = false
      else getInLine(socket)
    })
    begin()
  }

  function getInLine(socket: HttpSocket): void {
    inLine.push(socket)
    if (inLine.length === 1) setImmediate(giveTurn)
  }

  function giveTurn(): void {
    const socket = inLine.shift()
    if (socket !== undefined) next(socket, queueOf(socket))
    if (inLine.length > 0) setImmediate(giveTurn)
  }

  function next(socket: HttpSocket, queue: Queue): void {
    const one = queue.waiting.shift()
    if (one === undefined) {
      queue.isBusy = false
      return
    }
    waitingOfAll -= 1
    if (queue.isPaused && queue.waiting.length < MOST_WAITING / 2) pause(socket, queue, false)
    start(socket, queue, one.response, one.begin)
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
    // Node reads what it has of a connection to the end, even if it was closed meanwhile.
    if (socket.destroyed) return
    const queue = queueOf(socket)
    if (!queue.isBusy) {
      start(socket, queue, response, begin)
      return
    }
    queue.waiting.push({ begin, response })
    waitingOfAll += 1
    if (waitingOfAll > MOST_WAITING_OF_ALL) {
      forget(queue)
      socket.destroy()
    } else if (queue.waiting.length >= MOST_WAITING && !queue.isPaused) pause(socket, queue, true)
  }
}
