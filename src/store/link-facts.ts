export interface LinkFacts {
  readonly system: string | null
  readonly integrationId: string | null
  readonly externalUrl: string | null
  /** The address that Tracker keeps for the integration. */
  readonly baseUrl: string | null
}
