import t from 'tap'
import { fieldsOfVariable } from '../../src/expressions/variable-fields.ts'

t.test('the fields of a variable that an expression reads are found', async (t) => {
  const cases: readonly [expression: string, names: readonly string[], usesOthers: boolean][] = [
    ['a.b', [], false],
    ['$headers."x-event"', ['x-event'], false],
    ['{ "a": $headers.host, "b": [$headers."x-id"[0], c] }', ['host', 'x-id'], false],
    ['$lookup($headers, "x-event") & $lookup(a, "b")', ['x-event'], false],
    ['$lookup($headers, name)', [], true],
    ['$keys($headers)', [], true],
    ['$headers', [], true],
    ['$headers[0]."x-event"', [], true],
    ['( $f := function($h) { $h.a }; $f($headers) )', [], true],
    ['a ? $headers."x-a" : ($headers."x-b" ~> $uppercase())', ['x-a', 'x-b'], false],
    ['$ ~> |a|{"by": $headers."x-by"}|', ['x-by'], false],
    ['a[$headers."x-in-a-predicate" = b]', ['x-in-a-predicate'], false],
    ['a^(>$headers."x-in-a-sort")', ['x-in-a-sort'], false],
  ]
  for (const [expression, names, usesOthers] of cases)
    t.strictSame(fieldsOfVariable(expression, 'headers'), { names, usesOthers }, expression)
})
