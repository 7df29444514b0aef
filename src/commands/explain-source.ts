import { withoutOwn } from '../queue/own-writes.ts'
import { type ConfiguredSource, type HookRequest, NO_DIRECTORY } from '../sources/contract/source.ts'
import { ParseError } from '../tracker/parse-error.ts'
import { CommandFailed } from './command-failed.ts'
import { print } from './print.ts'

/**
 * Prints what a source makes of a body, as JSON, before the relay adds what it remembers of the stories.
 * @throws {CommandFailed} if the body would be refused, with the place of the first mistake
 */
export async function explainSource(source: ConfiguredSource, request: HookRequest, file: string): Promise<void> {
  const forged = source.verify?.(request, new Date())
  const signature = forged === undefined ? 'not asked for' : forged === null ? 'right' : forged.message
  try {
    for (const body of source.split?.(request.body) ?? [request.body]) {
      const reading = await source.read({ ...request, body }, NO_DIRECTORY)
      if ('refused' in reading) throw refused(file, reading.refused)
      print(JSON.stringify({ signature, ...(source.rereads === true ? reading : withoutOwn(reading)) }, null, 2))
    }
  } catch (error) {
    throw error instanceof ParseError ? refused(file, error) : error
  }
}

function refused(file: string, { reason, message }: { readonly reason: string; readonly message: string }): Error {
  return new CommandFailed(`${file} would be refused (${reason}): ${message}`)
}
