import t from 'tap'
import { type Meaning, meaningOf, type StateMap } from '../../src/sources/kit/states.ts'

const CATEGORIES: Readonly<Record<string, Meaning>> = { started: 'started', completed: 'accepted' }
const meaning = (states: StateMap, name: string, id = 'state-1', category: string | null = 'started') =>
  meaningOf({ id, name, category }, states, CATEGORIES)

t.test('a state that is named by its id is that, whatever another team calls the same', async (t) => {
  const states: StateMap = { Done: 'accepted', 'state-2': 'delivered' }
  t.equal(meaning(states, 'Done', 'state-1'), 'accepted')
  t.equal(meaning(states, 'Done', 'state-2'), 'delivered')
})

t.test('case, space around it and the way an accent is written do not matter', async (t) => {
  const states: StateMap = { ' In Review ': 'finished', V\u00e9rifi\u00e9: 'delivered' }
  t.equal(meaning(states, 'in review'), 'finished')
  t.equal(meaning(states, 'VE\u0301RIFIE\u0301'), 'delivered')
})

t.test('what no setting names is taken by its category, and announced if that is unknown', async (t) => {
  t.equal(meaning({}, 'Doing', '1', 'Started'), 'started')
  t.equal(meaning({}, 'Doing', '1', null), 'announce')
  for (const word of ['constructor', 'toString', '__proto__', 'hasOwnProperty'])
    t.equal(meaning({}, word, word, word), 'announce')
})
