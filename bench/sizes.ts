/** How much is measured. */
export interface Sizes {
  readonly rounds: number
  readonly ingest: { readonly activities: number; readonly connections: readonly number[] }
  readonly drain: { readonly deliveries: number; readonly concurrencies: readonly number[] }
  readonly delivery: {
    readonly most: number
    /** At the rate that the target allows, a run takes about so long. */
    readonly seconds: number
    readonly concurrencies: readonly number[]
    readonly delaysMs: readonly number[]
  }
  readonly backlog: { readonly waiting: readonly number[]; readonly drained: number; readonly ingested: number }
  readonly imports: { readonly tickets: readonly number[] }
  readonly idle: { readonly seconds: number }
  /** How many are delivered to a target that answers at once, and to a slow one. */
  readonly postgres: { readonly instant: number; readonly slow: number }
  readonly peers: { readonly activities: number }
}

export const FULL: Sizes = {
  rounds: 5,
  ingest: { activities: 20_000, connections: [1, 8, 64, 256] },
  drain: { deliveries: 20_000, concurrencies: [16, 64] },
  delivery: { most: 5000, seconds: 8, concurrencies: [4, 16, 64], delaysMs: [0, 50, 500] },
  backlog: { waiting: [10_000, 100_000, 1_000_000], drained: 20_000, ingested: 5000 },
  imports: { tickets: [10_000, 100_000] },
  idle: { seconds: 60 },
  postgres: { instant: 40_000, slow: 3000 },
  peers: { activities: 10_000 },
}

/** Enough for the self-check; its times say nothing. */
export const QUICK: Sizes = {
  rounds: 1,
  ingest: { activities: 1000, connections: [8, 64] },
  drain: { deliveries: 1000, concurrencies: [16] },
  delivery: { most: 500, seconds: 1, concurrencies: [16], delaysMs: [0, 50] },
  backlog: { waiting: [10_000], drained: 500, ingested: 500 },
  imports: { tickets: [2000] },
  idle: { seconds: 3 },
  postgres: { instant: 1000, slow: 300 },
  peers: { activities: 1000 },
}
