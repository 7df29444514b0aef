import { openFile } from './sqlite.ts'

export interface StoreCounts {
  readonly activities: number
  readonly deliveries: number
  readonly delivered: number
}

/** What is in a store whose relay has ended. */
export async function countsIn(file: string): Promise<StoreCounts> {
  const database = await openFile(file)
  try {
    const [counts] = await database.all<StoreCounts>(
      `select (select count(*) from activities) as activities, count(*) as deliveries,
         count(*) filter (where state = 'delivered') as delivered from deliveries`,
    )
    return counts ?? { activities: 0, deliveries: 0, delivered: 0 }
  } finally {
    await database.close()
  }
}
