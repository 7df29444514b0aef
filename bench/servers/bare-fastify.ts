import Fastify from 'fastify'

// What Fastify alone can do: the body is read, and nothing is done with it.
const app = Fastify({ logger: false })
app.removeAllContentTypeParsers()
app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
app.post('/hooks/:project/:secret', async (_request, reply) =>
  reply.code(202).send({ id: '1', deliveries: 1, duplicate: false }),
)
process.on('disconnect', () => process.exit(0))
process.send?.({ origin: await app.listen({ host: '127.0.0.1', port: 0 }) })
