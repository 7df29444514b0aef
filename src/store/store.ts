import type { TrackerIntegration } from '../tracker/api.ts'
import { forgetNote, loadNote, saveNote } from './account-notes.ts'
import { type ActivitySearch, activityPage, deliveriesOf, storyNames, wholeActivity } from './activity-pages.ts'
import { createAppend, createAppendTogether } from './append.ts'
import { type AuditChoice, audit, type Deed, listAudit, sweepAudit } from './audit.ts'
import { type CatchUp, catchUps, firstSeen, knownKeys, saveCatchUp } from './catch-ups.ts'
import { createCommitter } from './committer.ts'
import { readCounts } from './counts.ts'
import { forgetSealed, loadSealed, replaceSealed, saveSealed, sealedNames } from './credentials.ts'
import { type Database, type DatabaseSettings, openDatabase, withoutStatement } from './database.ts'
import { sentOn } from './days.ts'
import { type DeliverySearch, deliveryPage } from './delivery-pages.ts'
import { NO_WIRE } from './dialect/wire.ts'
import { makeDigest, openInDigest } from './digest.ts'
import { createKeep, firstDoubt, latestReceipt, receiptedIds } from './doubt.ts'
import { bringBackDueDates, type ClockChange } from './due-dates.ts'
import { claimDuty, type Duty, releaseDuty } from './duties.ts'
import {
  countStories,
  type EraseRange,
  erasable,
  eraseActivities,
  eraseStories,
  eraseTexts,
  rejectedBodies,
  type StoryChoice,
  textsBeside,
} from './erase.ts'
import { type EventPosition, eventHeads, eventsBetween } from './events.ts'
import { type Expiry, expire } from './expire.ts'
import { sweepGone } from './gone-projects.ts'
import { readIntegrationStates, saveBreaker, saveFingerprint, savePause, saveResume } from './integration-states.ts'
import { integrationTypes, rememberTypes } from './integration-types.ts'
import type { GivenLink, StoredLink } from './link-row.ts'
import { linkedTickets } from './linked-tickets.ts'
import {
  findLink,
  forgetApiLink,
  forgetLink,
  type LinkChoice,
  learnApiLink,
  learnIntegrations,
  listLinks,
  setLink,
  setLinks,
} from './links.ts'
import { heldBefore, type ListChoice, listDeliveries, oldestOpen, showDelivery } from './list.ts'
import { createStoredActivity, laterStatesDelivered, nextState } from './look.ts'
import { type MoveRequest, moveOpen } from './move.ts'
import { lastNotice } from './notice.ts'
import { foretellOwnWrite, type OwnEvent, takeBackOwnWrite, takeOwnEvent } from './own-writes.ts'
import { type ActivityRange, activitiesToPlan, countActivities, type PlannedAnew, stepPlanAnew } from './plan-anew.ts'
import { probe } from './probe.ts'
import {
  createReject,
  forgetRejected,
  listRejected,
  type RejectedSearch,
  rejectedIds,
  rejectedPage,
  rejectedRequest,
} from './rejected.ts'
import { type ReplayChoice, replay } from './replay.ts'
import {
  type ActivitySelection,
  type ClaimedReplay,
  cancelReplay,
  claimReplay,
  createReplay,
  failReplay,
  isReplayRunning,
  listReplays,
  type NewReplay,
  type ReplayHold,
  type ReplaySelection,
  releaseReplay,
  replayThose,
  type StepTime,
  showReplay,
  stepReplay,
} from './replays.ts'
import { type RetentionSettings, sweep } from './retention.ts'
import { countThose, type Selection } from './selection.ts'
import { createSettle } from './settle.ts'
import { bucketOf } from './shared-limits.ts'
import { type SkipRequest, skip } from './skip.ts'
import { standingFacts } from './standing-facts.ts'
import { addStats, readStats, rebuildStats, type Stat, type StatChoice, sweepStats } from './stats.ts'
import { StoreError, storeErrorOf } from './store-error.ts'
import { rememberedStories } from './story-facts.ts'
import { atWork, createExtend, createGiveBack, createPostpone, createTake, nextDue, underWay } from './take.ts'
import { telling } from './telling.ts'
import { storable } from './texts.ts'

export type Store = ReturnType<typeof openStore>

/**
 * Everything the relay keeps, as verbs. Only this folder uses knex.
 * @param observeCommit is told the duration of each commit in seconds, and its number of writes
 */
export function openStore(settings: DatabaseSettings, observeCommit?: (seconds: number, writes: number) => void) {
  const database: Database = openDatabase(settings)
  const { reader } = database
  const committer = createCommitter(database.transaction, observeCommit)
  const verbs = {
    client: database.client,
    isMade: () => database.isMade(),
    migrate: () => database.migrate(),
    examineLater: () => database.examineLater(),
    examineWhole: () => database.examineWhole(),
    fileSizes: () => database.fileSizes(),
    findings: () => database.findings(),
    pending: () => database.pending(),
    async close(): Promise<void> {
      await committer.close()
      await database.close()
    },
    /** @throws {StoreError} if writing fails */
    probe: () => committer.run(probe, { names: ['probe'] }),

    append: createAppend(committer),
    appendTogether: createAppendTogether(committer),
    reject: createReject(committer),
    take: createTake(committer),
    extend: createExtend(committer),
    giveBack: createGiveBack(committer),
    keep: createKeep(committer),
    foretellOwnWrite: (write: Parameters<typeof foretellOwnWrite>[1]) => foretellOwnWrite(committer, write),
    takeBackOwnWrite: (deliveryId: number) => takeBackOwnWrite(committer, deliveryId),
    takeOwnEvent: (event: OwnEvent) => takeOwnEvent(committer, event),
    settle: createSettle(committer),
    makeDigest: (head: Parameters<typeof makeDigest>[1]) => makeDigest(committer, head),
    openInDigest: (digest: string) => openInDigest(reader, digest),
    postpone: createPostpone(committer),
    underWay: (integration: string, except: readonly number[]) => underWay(reader, integration, except),
    firstDoubt: (integration: string, except: readonly number[], now: number) =>
      firstDoubt(database, integration, except, now),
    receiptedIds: (integration: string, ids: readonly string[]) => receiptedIds(reader, integration, ids),
    latestReceipt: (integration: string, projectId: string, storyId: string) =>
      latestReceipt(reader, integration, projectId, storyId),
    sentOn: (integration: string, day: string) => sentOn(reader, integration, day),
    bucket: (integration: string, now: number) => bucketOf(database, integration, now),
    nextDue: (integration: string, now: number) => nextDue(database, integration, now),
    storedActivity: createStoredActivity(database.read),
    nextState: (delivery: Parameters<typeof nextState>[1]) => nextState(reader, delivery),
    laterStatesDelivered: (delivery: Parameters<typeof nextState>[1]) => laterStatesDelivered(reader, delivery),

    link: (projectId: string, storyId: string) => findLink(reader, projectId, storyId),
    learnLink: (link: GivenLink, now: number) => learnApiLink(committer, link, now),
    unlearnLink: (link: StoredLink) => forgetApiLink(committer, link),
    learnIntegrations: (projectId: string, integrations: readonly TrackerIntegration[]) =>
      learnIntegrations(committer, projectId, integrations),
    linkedTickets: (externalIds: readonly string[]) => linkedTickets(reader, externalIds),
    links: (choice: LinkChoice) => listLinks(reader, choice),
    setLinks: (batches: Parameters<typeof setLinks>[1], now: number) => setLinks(committer, batches, now),
    setLink: (link: GivenLink, now: number) => setLink(committer, link, now),
    forgetLink: (projectId: string, storyId: string) => forgetLink(committer, projectId, storyId),

    integrationStates: (now?: number) => readIntegrationStates(database, now),
    saveBreaker: (integration: string, fingerprint: string, breaker: Parameters<typeof saveBreaker>[3], now: number) =>
      saveBreaker(committer, integration, fingerprint, breaker, now),
    saveFingerprint: (integration: string, fingerprint: string) => saveFingerprint(committer, integration, fingerprint),
    savePause: (integration: string, fingerprint: string | null, reason: string, now: number) =>
      savePause(committer, integration, fingerprint, reason, now),
    saveResume: (integration: string, now: number) => saveResume(committer, integration, now),

    loadSealed: (name: string) => loadSealed(reader, name),
    sealedNames: () => sealedNames(reader),
    replaceSealed: (name: string, before: string, after: string) => replaceSealed(committer, name, before, after),
    forgetSealed: (name: string) => forgetSealed(committer, name),
    saveSealed: (name: string, sealed: string, now: number) => saveSealed(committer, name, sealed, now),

    bringBackDueDates: (change: ClockChange) => bringBackDueDates(committer, change),
    expire: (expiry: Expiry) => expire(committer, reader, expiry),
    heldBefore: (integration: string, firstFailedBefore: number) => heldBefore(reader, integration, firstFailedBefore),
    lastNotice: () => lastNotice(reader),
    loadNote: (name: string) => loadNote(reader, name),
    saveNote: (name: string, note: string, now: number) => saveNote(committer, name, note, now),
    forgetNote: (name: string) => forgetNote(committer, name),

    counts: () => readCounts(reader),
    oldestOpen: (integrations: readonly string[]) => oldestOpen(reader, integrations),
    deliveries: (choice: ListChoice) => listDeliveries(reader, choice),
    delivery: (id: number) => showDelivery(reader, id),
    activityPage: (search: ActivitySearch) => activityPage(reader, search),
    activity: (id: number) => wholeActivity(reader, id),
    deliveriesOf: (activityId: number) => deliveriesOf(reader, activityId),
    storyNames: (projectId: string, ids: readonly string[]) => storyNames(reader, projectId, ids),
    deliveryPage: (search: DeliverySearch) => deliveryPage(reader, search),
    rejected: (limit: number) => listRejected(reader, limit),
    rejectedPage: (search: RejectedSearch) => rejectedPage(reader, search),
    standingFacts: (names: readonly string[], at: Parameters<typeof standingFacts>[2]) =>
      standingFacts(reader, names, at),
    rejectedRequest: (id: number) => rejectedRequest(reader, id),
    rejectedIds: (reason: string | null) => rejectedIds(reader, reason),
    forgetRejected: (ids: readonly number[]) => forgetRejected(committer, ids),
    replay: (choice: ReplayChoice, now: number) => replay(committer, reader, choice, now),
    replayThose: (ids: readonly number[], who: string, now: number) => replayThose(committer, reader, ids, who, now),
    countThose: (selection: Selection) => countThose(reader, selection),
    skip: (request: SkipRequest) => skip(committer, reader, request),
    moveOpen: (request: MoveRequest) => moveOpen(committer, reader, request),
    rememberTypes: (types: Readonly<Record<string, string>>, now: number) => rememberTypes(committer, types, now),
    integrationTypes: () => integrationTypes(reader),

    createReplay: (job: NewReplay, now: number) => createReplay(committer, job, now),
    isReplayRunning: () => isReplayRunning(reader),
    claimReplay: (claim: Parameters<typeof claimReplay>[1]) => claimReplay(committer, claim),
    stepReplay: (hold: ReplayHold, step: StepTime & { readonly selection: ReplaySelection; readonly most: number }) =>
      stepReplay(committer, reader, hold, step),
    releaseReplay: (job: Pick<ClaimedReplay, 'id' | 'token'>) => releaseReplay(committer, job),
    failReplay: (job: Pick<ClaimedReplay, 'id' | 'token'>, note: string, now: number) =>
      failReplay(committer, job, note, now),
    cancelReplay: (id: number, who: string, now: number) => cancelReplay(committer, id, who, now),
    replays: (choice: Parameters<typeof listReplays>[1]) => listReplays(reader, choice),
    replayJob: (id: number) => showReplay(reader, id),
    activitiesToPlan: (selection: ActivitySelection, range: ActivityRange) =>
      activitiesToPlan(reader, selection, range),
    countActivities: (selection: ActivitySelection) => countActivities(reader, selection),
    rememberedStories: (stories: Parameters<typeof rememberedStories>[1]) => rememberedStories(reader, stories),
    stepPlanAnew: (
      hold: ReplayHold,
      step: StepTime & { readonly items: readonly PlannedAnew[]; readonly most: number; readonly again: boolean },
    ) => stepPlanAnew(committer, hold, step),

    addStats: (counted: readonly Stat[]) => addStats(committer, counted),
    stats: (choice: StatChoice) => readStats(reader, choice),
    sweepStats: (now: number) => sweepStats(committer, now),
    rebuildStats: (who: string, now: number) => rebuildStats(committer, reader, who, now),

    erasable: (range: EraseRange) => erasable(reader, range),
    eraseActivities: (ids: readonly number[], how: Parameters<typeof eraseActivities>[3]) =>
      eraseActivities(committer, reader, ids, how),
    countStories: (choice: StoryChoice) => countStories(reader, choice),
    eraseStories: (choice: StoryChoice) => eraseStories(committer, choice),
    textsBeside: () => textsBeside(reader),
    eraseTexts: (texts: Parameters<typeof eraseTexts>[1]) => eraseTexts(committer, texts),
    rejectedBodies: (range: Parameters<typeof rejectedBodies>[1]) => rejectedBodies(reader, range),

    eventHeads: () => eventHeads(database),
    eventsBetween: (after: EventPosition, until: EventPosition, most: number) =>
      eventsBetween(reader, after, until, most),

    audit: (deed: Deed, now: number) => audit(committer, deed, now),
    auditList: (choice: AuditChoice) => listAudit(reader, choice),
    sweepGone: (configured: readonly string[], how: Parameters<typeof sweepGone>[3]) =>
      sweepGone(committer, reader, configured, how),
    sweepAudit: (now: number) => sweepAudit(committer, reader, now),
    sweep: (settings: RetentionSettings, now: number) => sweep(committer, reader, settings, now),

    catchUps: () => catchUps(reader),
    saveCatchUp: (state: CatchUp) => saveCatchUp(committer, state),
    knownKeys: (projectId: string, keys: readonly string[]) => knownKeys(reader, projectId, keys),
    firstSeen: (projectId: string, started: number) => firstSeen(reader, projectId, started),

    claimDuty: (duty: Duty) => claimDuty(committer, duty),
    releaseDuty: (duty: Pick<Duty, 'name' | 'holder'>) => releaseDuty(committer, duty),
    heard: () => database.wire.heard(),
    atWork: () => atWork(reader),
  }
  return takingAllTexts(database.wire === NO_WIRE ? verbs : { ...verbs, ...telling(verbs, database.wire) })
}

/** Clears what no database can keep out of all that the verbs are called with, and says in words why one failed. */
function takingAllTexts<V extends object>(verbs: V): V {
  return Object.fromEntries(
    Object.entries(verbs).map(([name, verb]: [string, unknown]) => [
      name,
      typeof verb === 'function' ? (...args: unknown[]): unknown => inWords(verb(...args.map(storable))) : verb,
    ]),
  ) as V
}

/** Reads fail with what the driver says, and knex puts the statement before it. */
function inWords(result: unknown): unknown {
  if (!(result instanceof Promise)) return result
  return result.catch((error: unknown) => {
    if (error instanceof StoreError) throw error
    const cause = withoutStatement(error)
    throw storeErrorOf(cause) ?? cause
  })
}
