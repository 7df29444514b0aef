import { adfText } from '../../src/connectors/jira/adf.ts'
import { type JiraOptions, type JiraStandIn, startJira as start } from '../../src/stand-ins/jira.ts'
import { documentProblem } from '../connectors/jira/judges.ts'

export * from '../../src/stand-ins/jira.ts'

/** Judges documents by Atlassian's own schema. */
export async function startJira(options: JiraOptions = {}): Promise<JiraStandIn> {
  return await start({ ...options, documents: { problemOf: documentProblem, textOf: adfText } })
}
