import type { FastifyInstance, FastifyTypeProvider, RawServerDefault } from 'fastify'
import type { FastifyBaseLogger } from 'fastify/types/logger.js'
import type { Static, TSchema } from 'typebox'

/** A handler's parameters, body and answer have the types of the route's schemas. */
export interface TypeBoxProvider extends FastifyTypeProvider {
  validator: this['schema'] extends TSchema ? Static<this['schema']> : unknown
  serializer: this['schema'] extends TSchema ? Static<this['schema']> : unknown
}

export type ApiApp = FastifyInstance<
  RawServerDefault,
  import('node:http').IncomingMessage,
  import('node:http').ServerResponse,
  FastifyBaseLogger,
  TypeBoxProvider
>
