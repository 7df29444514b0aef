import { startGetSatisfaction, type TopicSeed } from '../../targets/get-satisfaction.ts'
import type { Variant } from '../variant.ts'

const topics: readonly TopicSeed[] = [
  {
    id: 4000001,
    style: 'problem',
    status: null,
    subject: 'Shields fail <at> warp 9 & above',
    content:
      '<p>Steps:</p><ul><li>raise <b>shields</b></li></ul>See <a href="http://acme.example.com/?a=1&amp;b=2">it</a>',
    author: 'James Kirk',
    createdAt: '2011/06/16 14:52:20 +0200',
    product: 'acme_rockets',
  },
  { id: 4000002, style: 'question', product: 'acme_rockets' },
  { id: 4000003, style: 'problem', status: 'complete' },
  { id: 4000004, style: 'idea', status: 'active', subject: 'Cloak', author: null, content: 'two\nlines &lt;b&gt;' },
  ...Array.from({ length: 30 }, (_, at): TopicSeed => ({ id: 4000010 + at, style: 'idea', product: 'acme_rockets' })),
]

export const variants: readonly Variant[] = [
  {
    name: 'get-satisfaction',
    connector: 'get-satisfaction',
    async start() {
      const standIn = await startGetSatisfaction({ companies: { acme: topics } })
      return { standIn, settings: { company: 'acme', base_url: standIn.url } }
    },
  },
  {
    name: 'get-satisfaction-options',
    connector: 'get-satisfaction',
    async start() {
      const standIn = await startGetSatisfaction({
        companies: { acme: topics },
        products: { acme: ['acme_rockets'] },
        members: { 'relay@acme.example.com': 'correct horse' },
        hasTotal: false,
      })
      return {
        standIn,
        settings: {
          company: 'https://getsatisfaction.com/acme',
          product: 'acme_rockets',
          base_url: `${standIn.url}/`,
          email: 'relay@acme.example.com',
          password: 'correct horse',
        },
      }
    },
  },
]
