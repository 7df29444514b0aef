import type { FastifyReply } from 'fastify'

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (mark) => ENTITIES[mark] ?? mark)
}

/**
 * A small page without scripts, which must not be cached or framed.
 * @param body HTML, with everything foreign in it escaped
 */
export function sendPage(reply: FastifyReply, title: string, body: string): FastifyReply {
  return reply
    .type('text/html; charset=utf-8')
    .header(
      'content-security-policy',
      "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
    )
    .header('cache-control', 'no-store')
    .header('referrer-policy', 'no-referrer')
    .header('x-content-type-options', 'nosniff')
    .send(
      `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)} - Tracker Relay</title>
<style>
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 40rem; margin: 3rem auto; padding: 0 1rem; color: #1d2733 }
  button, .button { font: inherit; padding: .5rem 1rem; border: 1px solid #1d5fa8; border-radius: .3rem; background: #1d5fa8; color: #fff; text-decoration: none; cursor: pointer }
  .quiet { background: #fff; color: #a02020; border-color: #a02020 }
  form { display: inline-block; margin-right: .5rem }
</style>
<h1>${escapeHtml(title)}</h1>
${body}
</html>
`,
    )
}
