import t from 'tap'
import { SealError } from '../../src/connectors/contract/seal-error.ts'
import { createSealer } from '../../src/store/seal.ts'

const OLD = 'an old key that is long enough to be one'
const NEW = 'a new key that is long enough to be one!'

const sealer = (...keys: string[]) => {
  const made = createSealer(keys)
  if (made === null) throw new Error('no key')
  return made
}

t.test('what is sealed opens again, also after another key has taken over', async (t) => {
  const sealed = sealer(OLD).seal('zendesk', 'tökén')
  t.notMatch(sealed, /t.k.n/)
  t.equal(sealer(OLD).open('zendesk', sealed), 'tökén')
  t.equal(sealer(NEW, OLD).open('zendesk', sealed), 'tökén')
  t.not(sealer(OLD).seal('zendesk', 'tökén'), sealed, 'the same value never looks the same')
})

t.test('a wrong key, another name, and every changed byte are refused', async (t) => {
  const sealed = sealer(OLD).seal('zendesk', 'token')
  t.throws(() => sealer(NEW).open('zendesk', sealed), SealError)
  t.throws(() => sealer(OLD).open('jira', sealed), SealError)
  for (let at = 3; at < sealed.length; at += 1) {
    const changed = `${sealed.slice(0, at)}${sealed[at] === 'A' ? 'B' : 'A'}${sealed.slice(at + 1)}`
    t.throws(() => sealer(OLD).open('zendesk', changed), SealError)
  }
  for (const odd of ['', 'v1', 'v1...', 'v2.a.b.c', '....']) t.throws(() => sealer(OLD).open('zendesk', odd), SealError)
})

t.test('without a key there is nothing to seal with', async (t) => {
  t.equal(createSealer([]), null)
})
