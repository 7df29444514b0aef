/** An account of JIRA, with what it logs in by and what it may do. */
export interface JiraUser {
  /** accountId on Cloud, the user's key and name on Data Center. */
  readonly id: string
  readonly displayName: string
  /** The name for basic authentication: an email address on Cloud. */
  readonly login: string
  /** A password on Data Center, an API token on Cloud. */
  password?: string
  personalAccessToken?: string
  oauthToken?: string
  permissions: string[]
  groups: string[]
  roles: string[]
}
