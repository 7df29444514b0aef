import { Worker } from 'node:worker_threads'
import type { DatabaseSettings } from './database.ts'
import type { Store } from './store.ts'
import { StoreError } from './store-error.ts'

/** The store's verbs whose arguments and results can pass between threads: all that take no function. */
export type ThreadedStore = Omit<Store, 'setLinks' | 'client' | 'isMade' | 'findings' | 'pending'>
type Verb = keyof ThreadedStore
type Asked<V extends Verb> = Parameters<ThreadedStore[V]>
type Answer<V extends Verb> = Awaited<ReturnType<ThreadedStore[V]>>

export type Call = readonly [id: number, verb: Verb, args: readonly unknown[]]
export type Reply = readonly [id: number, result: unknown, error: SentError | null]

export interface Sent {
  readonly replies: readonly Reply[]
  readonly commits: readonly (readonly [seconds: number, writes: number])[]
}

/** Copying between threads turns every error into a plain one. */
export interface SentError {
  readonly message: string
  readonly stack: string | undefined
  readonly reason: StoreError['reason'] | null
  readonly cause: unknown
}

/**
 * Opens the store in a thread of its own. Each statement of a commit waits for its turn in the event loop: in the thread of
 * the web server, which fills its turns with requests, a commit took three times as long.
 */
export function openStoreThread(
  settings: DatabaseSettings,
  observeCommit: (seconds: number, writes: number) => void,
): ThreadedStore {
  // Without node's loaders, such as a test runner's: starting them takes half of the thread's start.
  const worker = new Worker(new URL('./store-thread.js', import.meta.url), { workerData: settings, execArgv: [] })
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: unknown): void }>()
  let unsent: Call[] = []
  let last = 0
  let gone = false

  worker.on('message', ({ replies, commits }: Sent) => {
    for (const [seconds, writes] of commits) observeCommit(seconds, writes)
    for (const [id, result, error] of replies) {
      const caller = waiting.get(id)
      waiting.delete(id)
      if (error === null) caller?.resolve(withBuffers(result))
      else caller?.reject(receivedError(error))
    }
  })
  worker.on('exit', () => {
    gone = true
    for (const { reject } of waiting.values()) reject(stopped())
    waiting.clear()
  })

  const ask =
    <V extends Verb>(verb: V) =>
    (...args: Asked<V>): Promise<Answer<V>> => {
      if (gone) return Promise.reject(stopped())
      last += 1
      const id = last
      // All calls of one turn of the event loop go in one message.
      if (unsent.length === 0) setImmediate(send)
      unsent.push([id, verb, args])
      return new Promise((resolve, reject) => waiting.set(id, { resolve, reject }))
    }

  function send(): void {
    const calls = unsent
    unsent = []
    worker.postMessage(calls)
  }

  return {
    migrate: ask('migrate'),
    examineLater: ask('examineLater'),
    examineWhole: ask('examineWhole'),
    fileSizes: ask('fileSizes'),
    close: ask('close'),
    probe: ask('probe'),

    append: ask('append'),
    appendTogether: ask('appendTogether'),
    reject: ask('reject'),
    async take(request) {
      const taken = await ask('take')(request)
      for (const { body } of taken) withBuffers(body)
      return taken
    },
    extend: ask('extend'),
    giveBack: ask('giveBack'),
    keep: ask('keep'),
    foretellOwnWrite: ask('foretellOwnWrite'),
    takeBackOwnWrite: ask('takeBackOwnWrite'),
    takeOwnEvent: ask('takeOwnEvent'),
    settle: ask('settle'),
    makeDigest: ask('makeDigest'),
    openInDigest: ask('openInDigest'),
    postpone: ask('postpone'),
    underWay: ask('underWay'),
    firstDoubt: ask('firstDoubt'),
    receiptedIds: ask('receiptedIds'),
    latestReceipt: ask('latestReceipt'),
    sentOn: ask('sentOn'),
    bucket: ask('bucket'),
    nextDue: ask('nextDue'),
    storedActivity: ask('storedActivity'),
    nextState: ask('nextState'),
    laterStatesDelivered: ask('laterStatesDelivered'),

    link: ask('link'),
    learnLink: ask('learnLink'),
    unlearnLink: ask('unlearnLink'),
    learnIntegrations: ask('learnIntegrations'),
    linkedTickets: ask('linkedTickets'),
    links: ask('links'),
    setLink: ask('setLink'),
    forgetLink: ask('forgetLink'),

    integrationStates: ask('integrationStates'),
    saveBreaker: ask('saveBreaker'),
    saveFingerprint: ask('saveFingerprint'),
    savePause: ask('savePause'),
    saveResume: ask('saveResume'),

    loadSealed: ask('loadSealed'),
    sealedNames: ask('sealedNames'),
    replaceSealed: ask('replaceSealed'),
    forgetSealed: ask('forgetSealed'),
    saveSealed: ask('saveSealed'),

    bringBackDueDates: ask('bringBackDueDates'),
    expire: ask('expire'),
    heldBefore: ask('heldBefore'),
    lastNotice: ask('lastNotice'),
    loadNote: ask('loadNote'),
    saveNote: ask('saveNote'),
    forgetNote: ask('forgetNote'),

    counts: ask('counts'),
    oldestOpen: ask('oldestOpen'),
    deliveries: ask('deliveries'),
    delivery: ask('delivery'),
    activityPage: ask('activityPage'),
    activity: ask('activity'),
    deliveriesOf: ask('deliveriesOf'),
    storyNames: ask('storyNames'),
    deliveryPage: ask('deliveryPage'),
    rejected: ask('rejected'),
    rejectedPage: ask('rejectedPage'),
    standingFacts: ask('standingFacts'),
    rejectedRequest: ask('rejectedRequest'),
    rejectedIds: ask('rejectedIds'),
    forgetRejected: ask('forgetRejected'),
    replay: ask('replay'),
    replayThose: ask('replayThose'),
    countThose: ask('countThose'),
    skip: ask('skip'),
    moveOpen: ask('moveOpen'),
    rememberTypes: ask('rememberTypes'),
    integrationTypes: ask('integrationTypes'),

    createReplay: ask('createReplay'),
    isReplayRunning: ask('isReplayRunning'),
    claimReplay: ask('claimReplay'),
    stepReplay: ask('stepReplay'),
    releaseReplay: ask('releaseReplay'),
    failReplay: ask('failReplay'),
    cancelReplay: ask('cancelReplay'),
    replays: ask('replays'),
    replayJob: ask('replayJob'),
    activitiesToPlan: ask('activitiesToPlan'),
    countActivities: ask('countActivities'),
    rememberedStories: ask('rememberedStories'),
    stepPlanAnew: ask('stepPlanAnew'),

    addStats: ask('addStats'),
    stats: ask('stats'),
    sweepStats: ask('sweepStats'),
    rebuildStats: ask('rebuildStats'),

    erasable: ask('erasable'),
    eraseActivities: ask('eraseActivities'),
    countStories: ask('countStories'),
    eraseStories: ask('eraseStories'),
    textsBeside: ask('textsBeside'),
    eraseTexts: ask('eraseTexts'),
    rejectedBodies: ask('rejectedBodies'),

    eventHeads: ask('eventHeads'),
    eventsBetween: ask('eventsBetween'),

    audit: ask('audit'),
    auditList: ask('auditList'),
    sweepGone: ask('sweepGone'),
    sweepAudit: ask('sweepAudit'),
    sweep: ask('sweep'),

    catchUps: ask('catchUps'),
    saveCatchUp: ask('saveCatchUp'),
    firstSeen: ask('firstSeen'),
    knownKeys: ask('knownKeys'),
    claimDuty: ask('claimDuty'),
    releaseDuty: ask('releaseDuty'),
    heard: ask('heard'),
    atWork: ask('atWork'),
  }
}

/** Copying between threads makes a Buffer a Uint8Array; this makes Buffers again, one level deep. */
export function withBuffers(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const fields = value as Record<string, unknown>
  for (const name in fields) if (fields[name] instanceof Uint8Array) fields[name] = withBuffers(fields[name])
  return value
}

function stopped(): StoreError {
  return new StoreError('stopping', 'the store is closed')
}

function receivedError({ message, stack, reason, cause }: SentError): Error {
  const error = reason === null ? new Error(message, { cause }) : new StoreError(reason, message, cause)
  if (stack !== undefined) error.stack = stack
  return error
}
