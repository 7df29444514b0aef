import fc from 'fast-check'
import t from 'tap'
import { saidIn } from '../../src/store/delivery-pages.ts'
import { canSay, matches, wordsOf } from '../../src/store/search.ts'

const xml = (sentence: string): Buffer =>
  Buffer.from(`<activity><id>1</id><version>1</version><event_type>story_update</event_type>
<occurred_at>2026/09/01 00:00:00 UTC</occurred_at><author>James Kirk</author><project_id>26</project_id>
<description>${sentence}</description><stories type="array"/></activity>`)

t.test('bytes without a word are not parsed for it, and those that may hide it are', async (t) => {
  const plain = xml('James Kirk edited &quot;Photon torpedoes&quot;')
  t.ok(canSay(plain, ['kirk', 'phot']))
  t.ok(canSay(plain, ['e-d']), 'the parts of a word can be apart')
  t.notOk(canSay(plain, ['kirk', 'klingon']))
  for (const hiding of ['&#107;lingon', 'ﬁre', 'Ünhura', '\\u006blingon'])
    t.ok(canSay(xml(hiding), ['klingon']), `${hiding} is read`)
})

t.test('what cannot be seen is no word, and does not match everything', (t) => {
  for (const text of ['', ' ', '\0', '\u0007\n', '\u200b\u200d', '\ud800', '\u3164', '\u2800', '\u0301'])
    t.equal(wordsOf(text), null, JSON.stringify(text))
  t.strictSame(wordsOf('Kirk\0 \u200b said\u0000#109'), ['kirk', 'said', '109'])
  t.end()
})

t.test('no text that has the words is left unread', async (t) => {
  const letters = fc.constantFrom(...'aAbB 1-_."&<\'äßﬁ'.split(''), '&#97;', '&amp;')
  const text = fc.array(letters, { maxLength: 12 }).map((parts) => parts.join(''))
  const holds = fc.property(text, text, (said, searched) => {
    const raw = xml(said.replace(/&(?!#97;|amp;)/g, '&amp;').replaceAll('<', '&lt;'))
    const words = wordsOf(searched)
    const { author, sentence } = saidIn({ raw, normalised: null })
    return words === null || canSay(raw, words) || !matches(words, { ids: [], texts: [author, sentence] })
  })
  t.doesNotThrow(() => fc.assert(holds, { numRuns: 2000 }))
})
