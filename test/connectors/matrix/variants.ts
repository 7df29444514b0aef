import { MATRIX_ALIAS, MATRIX_ROOM, MATRIX_TOKEN, type Matrix, startMatrix } from '../../../src/stand-ins/matrix.ts'
import { OWN_WORDS } from '../rooms.ts'
import { latestOf, type Place, type Variant } from '../variant.ts'

const room = ({ events, write }: Matrix): Place => ({
  written: () => events.length,
  copies() {
    const { sender, content } = latestOf(events)
    return { ours: () => write(sender, content).event_id, others: () => void write('@kirk:ship.example', content) }
  },
})

function variant(name: string, options: object): Variant {
  return {
    name,
    connector: 'matrix',
    async start(now) {
      const standIn = await startMatrix({ now })
      const settings = { base_url: standIn.url, access_token: MATRIX_TOKEN, room: MATRIX_ROOM, ...options }
      return { standIn, place: room(standIn), settings }
    },
  }
}

export const variants: readonly Variant[] = [
  variant('matrix', {}),
  variant('matrix-options', { room: MATRIX_ALIAS, threads: false, publish_new_stories: false }),
  variant('matrix-templates', { templates: OWN_WORDS }),
]
