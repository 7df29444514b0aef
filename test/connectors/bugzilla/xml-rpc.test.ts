import t from 'tap'
import { decodeAnswer, encodeCall } from '../../../src/connectors/bugzilla/wire/xml-rpc-values.ts'

const answer = (value: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?><methodResponse><params><param>${value}</param></params></methodResponse>`

t.test('a call is written in pure ASCII, whatever it holds', async (t) => {
  const call = encodeCall('Bug.add_comment', {
    id: 7,
    comment: 'a < b && c > d "é" 🎉\r\nnext\u0000\ud800.',
    is_private: true,
    weight: 0.00000012,
    far: 2 ** 31,
    nothing: null,
    since: new Date('2026-11-23T23:32:29.999Z'),
    ids: [1, 'two', []],
    comment_: { body: '' },
  })
  const members = [
    ['id', '<int>7</int>'],
    ['comment', '<string>a &#60; b &#38;&#38; c &#62; d "&#233;" &#127881;&#13;\nnext&#65533;&#65533;.</string>'],
    ['is_private', '<boolean>1</boolean>'],
    ['weight', '<double>0.00000012</double>'],
    ['far', '<double>2147483648</double>'],
    ['nothing', '<nil/>'],
    ['since', '<dateTime.iso8601>20261123T23:32:29</dateTime.iso8601>'],
    [
      'ids',
      '<array><data><value><int>1</int></value><value><string>two</string></value><value><array><data></data></array></value></data></array>',
    ],
    ['comment_', '<struct><member><name>body</name><value><string></string></value></member></struct>'],
  ]
  const struct = members.map(([name, value]) => `<member><name>${name}</name><value>${value}</value></member>`).join('')
  t.equal(
    call,
    `<?xml version="1.0"?><methodCall><methodName>Bug.add_comment</methodName><params><param><value><struct>${struct}</struct></value></param></params></methodCall>`,
  )
  t.throws(() => encodeCall('x', { bad: Number.NaN }), RangeError)
})

t.test('every type that Bugzilla answers is read', async (t) => {
  const xml = answer(`<value><struct>
    <member><name>text</name><value><string> &lt;b&gt; &amp;amp; &#233;&#x1F389;é </string></value></member>
    <member><name>bare</name><value>no type</value></member>
    <member><name>bare_empty</name><value></value></member>
    <member><name>empty</name><value><string /></value></member>
    <member><name>int</name><value><int>-12</int></value></member>
    <member><name>i4</name><value> <i4>3</i4> </value></member>
    <member><name>double</name><value><double>0.50</double></value></member>
    <member><name>yes</name><value><boolean>1</boolean></value></member>
    <member><name>no</name><value><boolean>0</boolean></value></member>
    <member><name>nil</name><value><nil /></value></member>
    <member><name>at</name><value><dateTime.iso8601>20261123T23:32:29</dateTime.iso8601></value></member>
    <member><name>none</name><value><array><data /></array></value></member>
    <member><name>one</name><value><array><data><value><int>1</int></value></data></array></value></member>
    <member><name>two</name><value><array><data><value><int>1</int></value><value>b</value></data></array></value></member>
    <member><name>hash</name><value><struct /></value></member>
    <member><name>10</name><value><struct><member><name>a</name><value><int>1</int></value></member></struct></value></member>
  </struct></value>`)
  t.strictSame(decodeAnswer(xml), {
    value: {
      text: ' <b> &amp; é🎉é ',
      bare: 'no type',
      bare_empty: '',
      empty: '',
      int: -12,
      i4: 3,
      double: 0.5,
      yes: true,
      no: false,
      nil: null,
      at: '20261123T23:32:29',
      none: [],
      one: [1],
      two: [1, 'b'],
      hash: {},
      '10': { a: 1 },
    },
  })
  t.strictSame(decodeAnswer(answer('<value><boolean>1</boolean></value>')), { value: true })
})

t.test('a fault has a number or a word for its code, in any order of its members', async (t) => {
  const fault = (...members: string[]): string =>
    `<methodResponse><fault><value><struct>${members.join('')}</struct></value></fault></methodResponse>`
  const text = '<member><name>faultString</name><value><string>Bug #9 does not exist.</string></value></member>'
  const number = '<member><name>faultCode</name><value><int>101</int></value></member>'
  const word = '<member><name>faultCode</name><value><string>Client</string></value></member>'
  const digits = '<member><name>faultCode</name><value><string>-32601</string></value></member>'
  t.strictSame(decodeAnswer(fault(text, number)), { fault: { code: 101, text: 'Bug #9 does not exist.' } })
  t.strictSame(decodeAnswer(fault(word, text)), { fault: { code: 'Client', text: 'Bug #9 does not exist.' } })
  t.strictSame(decodeAnswer(fault(digits)), { fault: { code: -32601, text: '' } })
})

t.test('what is not an answer is told from one', async (t) => {
  const texts = `
plain text
<html><body>Software error</body></html>
<methodResponse></methodResponse>
<methodResponse><params></params></methodResponse>
<methodResponse><fault><value><string>oh</string></value></fault></methodResponse>
<methodResponse><fault><value><struct></struct></value></fault></methodResponse>
<!DOCTYPE x [<!ENTITY a "aaaa">]><methodResponse><params><param><value>&a;</value></param></params></methodResponse>`.split(
    '\n',
  )
  for (const xml of [
    ...texts,
    answer('<value><int>one</int></value>'),
    answer('<value><int></int></value>'),
    answer('<value><boolean>yes</boolean></value>'),
    answer('<value><strange>1</strange></value>'),
    answer('<value><string><b>1</b></string></value>'),
    answer('<value><struct><member>x</member></struct></value>'),
  ])
    t.throws(() => decodeAnswer(xml), SyntaxError, xml)
})

t.test('a member called __proto__ is only a member', async (t) => {
  const xml = answer(
    '<value><struct><member><name>__proto__</name><value><struct><member><name>bugs</name><value>x</value></member></struct></value></member></struct></value>',
  )
  const decoded = decodeAnswer(xml)
  t.equal(
    'value' in decoded && typeof decoded.value === 'object' && decoded.value !== null && 'bugs' in decoded.value,
    false,
  )
})
