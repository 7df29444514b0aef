/**
 * Only the admin API has schemas, and brings what compiles them. So Fastify need not load what it comes with, which the
 * bundle leaves out.
 */
export const NO_COMPILERS = {
  compilersFactory: { buildValidator: () => refuse, buildSerializer: () => refuse },
}

function refuse(): never {
  throw new Error('a schema outside the admin API is compiled by nothing')
}
