export interface Version {
  body: string | null
  user_id: number
  state: string
  title: string
  assigned_user_id: number | null
  milestone_id: number | null
  tag: string | null
  created_at: string
}

export interface TicketRecord extends Omit<Version, 'body' | 'created_at'> {
  readonly project_id: number
  readonly number: number
  readonly versions: Version[]
}
