import t from 'tap'
import { Value } from 'typebox/value'
import { Activity } from '../../src/tracker/activity.ts'
import { isKnownKind } from '../../src/tracker/kinds.ts'
import { parseActivity } from '../../src/tracker/parse.ts'
import { ParseError, type ParseFailure } from '../../src/tracker/parse-error.ts'
import { recordings } from './recordings.ts'

const recorded = recordings()

for (const { name, body, expected } of recorded) {
  t.test(`${name} is understood whole`, async (t) => {
    t.strictSame(parseActivity(body), expected)
    t.ok(Value.Check(Activity, parseActivity(body)), 'and is what the schema of an activity says')
  })
}

t.test('the recorded activities are one day of one project, in order', async (t) => {
  t.ok(recorded.length >= 30)
  const versions = recorded.map(({ expected }) => expected.version)
  t.strictSame(new Set(versions).size, recorded.length, 'each has a version of its own')
  const times = recorded.map(({ expected }) => expected.occurredAt)
  t.strictSame(times, times.toSorted(), 'and happened after the one before')
  t.strictSame(new Set(recorded.map(({ expected }) => expected.projectId)), new Set(['26']))
})

t.test('only the made-up kind among the recorded ones is unknown', async (t) => {
  const unknown = recorded.map(({ expected }) => expected.kind).filter((kind) => !isKnownKind(kind))
  t.strictSame(unknown, ['holodeck_open'])
  for (const kind of ['story_move_into_project_and_prioritize', 'note_create', 'multi_story_delete', 'label_merge']) {
    t.ok(isKnownKind(kind), kind)
  }
  t.notOk(isKnownKind('story_update_activity'), 'kinds are asked for without the ending')
  t.notOk(isKnownKind('constructor'))
})

const xml = (inside = '', parts: Record<string, string> = {}): string => {
  const all = {
    id: '1',
    event_type: 'story_update',
    occurred_at: '2009/12/14 14:12:09 PST',
    project_id: '26',
    ...parts,
  }
  const fields = Object.entries(all).map(([name, value]) => `<${name}>${value}</${name}>`)
  return `<activity>${fields.join('')}${inside}</activity>`
}
const story = (inside: string): string => xml(`<stories><story><id>109</id>${inside}</story></stories>`)
const v5 = (parts: Record<string, unknown> = {}): string =>
  JSON.stringify({
    kind: 'story_update_activity',
    guid: '26_1',
    occurred_at: 1260828729000,
    project: { id: 26 },
    ...parts,
  })
const parse = (body: string | Buffer): Activity => parseActivity(Buffer.from(body))
const without = (text: string, pattern: string): string => text.replace(new RegExp(pattern), '')
const utf16 = (text: string): Buffer => Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')])

const refused: [what: string, body: string | Buffer, reason: ParseFailure, message: RegExp][] = [
  ['nothing', '', 'empty', /empty/],
  ['white space', ' \r\n\t ', 'empty', /white space/],
  ['a byte order mark alone', '\ufeff', 'empty', /white space/],
  ['bad UTF-8 in XML', Buffer.concat([Buffer.from('<activity>'), Buffer.from([0xc3, 0x28])]), 'encoding', /byte 10\b/],
  ['bad UTF-8 in JSON', Buffer.concat([Buffer.from('{"a":"\ufffdé'), Buffer.from([0xff])]), 'encoding', /byte 11\b/],
  ['an overlong encoding of "<"', Buffer.from([0xc0, 0xbc, 0x61]), 'encoding', /byte 0\b/],
  ['UTF-16 with a mark', utf16(xml()), 'encoding', /UTF-16/],
  ['UTF-16 without a mark', Buffer.from(xml(), 'utf16le'), 'encoding', /UTF-16/],
  ['UTF-16, the big end first', Buffer.from(xml(), 'utf16le').swap16(), 'encoding', /UTF-16/],
  ['a declared UTF-16', `<?xml version="1.0" encoding="UTF-16"?>${xml()}`, 'encoding', /"UTF-16"/],
  ['UTF-7', `<?xml version="1.0" encoding='UTF-7'?>+ADw-activity+AD4-`, 'encoding', /"UTF-7"/],
  [
    'an unknown encoding',
    `<?xml version="1.0" encoding="EBCDIC-US"?>${xml()}`,
    'encoding',
    /"EBCDIC-US", which is not/,
  ],
  [
    'an unknown part of a known one',
    `<?xml version="1.0" encoding="ISO-8859-12"?>${xml()}`,
    'encoding',
    /"ISO-8859-12"/,
  ],
  ['ASCII that is not', `<?xml version="1.0" encoding="US-ASCII"?>${xml('é')}`, 'encoding', /"US-ASCII"/],
  ['plain text', 'James Kirk accepted', 'not an activity', /"James Kirk accepted"/],
  ['a form', 'payload=%7B%7D', 'not an activity', /begins with "payload/],
  ['a JSON text', '"kind"', 'not an activity', /begins with/],
  ['another root', '<story><id>1</id></story>', 'not an activity', /<story>/],
  ['a web page', '<html><body></body></html>', 'not an activity', /<html>/],
  ['a web page with its DOCTYPE', '<!DOCTYPE html><html></html>', 'doctype', /line 1/],
  ['a DOCTYPE', `<?xml version="1.0"?>\n<!DOCTYPE activity SYSTEM "file:///etc/passwd">${xml()}`, 'doctype', /line 2/],
  ['entities', `<!DOCTYPE a [<!ENTITY x "y">]>${xml('&x;')}`, 'doctype', /document type/],
  ['parameter entities', `<!doctype a [<!ENTITY % x SYSTEM "http://x">%x;]>${xml()}`, 'doctype', /document type/],
  ['a DOCTYPE behind a comment', `<!-- x --><!DOCTYPE a>${xml()}`, 'doctype', /line 1/],
  ['an entity declaration in the middle', xml('<!ENTITY x "y">'), 'doctype', /line 1/],
  ['an undefined entity', xml('<description>&nbsp;</description>'), 'syntax', /does not begin/],
  ['an undefined entity in an attribute', xml('<a b="&x;"/>'), 'syntax', /does not begin/],
  ['an ampersand alone', xml('<description>Kirk & Spock</description>'), 'syntax', /does not begin/],
  ['a reference that an element cuts', xml('<description>&am<b/>p;</description>'), 'syntax', /does not begin/],
  ['a reference beyond Unicode', xml('<author>&#1114112;</author>'), 'syntax', /does not begin/],
  ['a control character', xml('<author>\u0001</author>'), 'syntax', /U\+0001/],
  ['an unclosed tag', '<activity>\n<id>1</id>\n', 'syntax', /<activity> is not closed.* line 3/],
  ['a truncated body', xml().slice(0, -5), 'syntax', /line 1/],
  ['a mismatched tag', '<activity>\n<id>1</ID></activity>', 'syntax', /<\/id> was expected in line 2/],
  ['an end without a beginning', `${xml()}</activity>`, 'syntax', /nothing is open/],
  ['text behind the end', `${xml()}x`, 'syntax', /outside/],
  ['text before the beginning', '<!-- x -->x<activity/>', 'syntax', /outside/],
  ['two roots', xml() + xml(), 'syntax', /second root/],
  ['a second root that closes itself', `${xml()}<activity/>`, 'syntax', /second root/],
  ['no root', '<!-- x -->', 'syntax', /no element/],
  ['a processing instruction', `<?php x ?>${xml()}`, 'syntax', /processing instruction/],
  ['a late declaration', `${xml()}<?xml version="1.0"?>`, 'syntax', /declaration/],
  ['a quote left open in the declaration', `<?xml version="1.0" '?>${xml("'?>")}`, 'syntax', /declaration/],
  ['an unclosed comment', `${xml()}<!-- `, 'syntax', /comment/],
  ['two dashes in a comment', `<!-- a -- b -->${xml()}`, 'syntax', /comment/],
  ['unclosed CDATA', xml('<a><![CDATA[x]]'), 'syntax', /CDATA/],
  ['CDATA outside', `<![CDATA[x]]>${xml()}`, 'syntax', /CDATA/],
  ['an end of CDATA alone', xml('<a>]]></a>'), 'syntax', /\]\]>/],
  ['an attribute without quotes', xml('<a b=c/>'), 'syntax', /malformed/],
  ['an attribute without a value', xml('<a b/>'), 'syntax', /malformed/],
  ['a bare "<"', xml('<a>1 < 2</a>'), 'syntax', /malformed/],
  ['an element that would reach the prototype', xml('<__proto__><id>1</id></__proto__>'), 'syntax', /__proto__/],
  ['a root named after Object.prototype', '<hasOwnProperty/>', 'not an activity', /<hasOwnProperty>/],
  ['100 elements in one another', '<a>'.repeat(100), 'too deep', /32/],
  ['100 lists in one another', `{"a":${'['.repeat(100)}${']'.repeat(100)}}`, 'too deep', /64/],
  ['a list in XML', `<activities type="array">${xml()}${xml()}</activities>`, 'list', /2 activities/],
  ['an empty list in XML', '<activities type="array"/>', 'list', /0 activities/],
  ['a list in JSON', `[${v5()},${v5()},${v5()}]`, 'list', /3 activities/],
  ['truncated JSON', v5().slice(0, -1), 'syntax', /malformed/],
  ['something behind the JSON', `${v5()}}`, 'syntax', /malformed/],
  ['two JSON objects', v5() + v5(), 'syntax', /malformed/],
  ['long digits with a zero before', '{"id":00000000000000000001}', 'syntax', /malformed/],
  ['an empty activity in XML', '<activity/>', 'missing field', /<project_id> is missing/],
  ['an empty activity in JSON', '{}', 'missing field', /project\.id is missing/],
  ['no project in XML', without(xml(), '<project_id>26</project_id>'), 'missing field', /<project_id> is missing/],
  ['an empty project', xml('', { project_id: ' ' }), 'missing field', /<project_id> is empty/],
  ['a bad project', xml('', { project_id: '../26' }), 'bad field', /<project_id> is "\.\.\/26"; expected an id/],
  ['two projects', xml('<project_id>27</project_id>'), 'bad field', /<project_id> is given more than once/],
  ['a project with elements', xml('', { project_id: '<a>1</a>' }), 'bad field', /<project_id> has elements/],
  [
    'no kind in XML',
    without(xml(), '<event_type>story_update</event_type>'),
    'missing field',
    /<event_type> is missing/,
  ],
  ['a bad kind', xml('', { event_type: 'story update' }), 'bad field', /<event_type> is "story update"/],
  ['no time in XML', without(xml(), '<occurred_at>[^<]*</occurred_at>'), 'missing field', /<occurred_at> is missing/],
  ['an empty time', xml('', { occurred_at: '' }), 'missing field', /<occurred_at> is empty/],
  ['a bad time', xml('', { occurred_at: 'yesterday' }), 'bad field', /"yesterday"; expected a time such as 2009/],
  ['a bad version', xml('<version>latest</version>'), 'bad field', /<version> is "latest"/],
  ['a story without id', xml('<stories><story><url/></story></stories>'), 'missing field', /<id> of a <story>/],
  ['a story that is only text', xml('<stories><story>109</story></stories>'), 'missing field', /<id> of a <story>/],
  ['text for stories', xml('<stories>109</stories>'), 'bad field', /<stories> is "109"/],
  ['two lists of stories', xml('<stories/><stories/>'), 'bad field', /<stories> is a list/],
  ['no kind in JSON', v5({ kind: undefined }), 'missing field', /kind is missing/],
  ['a kind that is no text', v5({ kind: {} }), 'bad field', /kind is an object/],
  ['no project in JSON', v5({ project: null }), 'missing field', /project\.id is missing/],
  ['a project that is not an object', v5({ project: 26 }), 'bad field', /project is 26; expected an object/],
  ['a project id that is true', v5({ project: { id: true } }), 'bad field', /project\.id is true/],
  ['a project id that is a fraction', v5({ project: { id: 2.6 } }), 'bad field', /project\.id is 2\.6/],
  ['no time in JSON', v5({ occurred_at: null }), 'missing field', /occurred_at is empty/],
  ['a time in seconds', v5({ occurred_at: 1260828729 }), 'bad field', /1260828729.* milliseconds/],
  ['a time that is a list', v5({ occurred_at: [] }), 'bad field', /occurred_at is a list/],
  ['a time beyond all numbers', v5().replace('1260828729000', '1e400'), 'bad field', /Infinity/],
  ['a version beyond all numbers', v5({ project_version: 2 ** 60 }), 'bad field', /project_version/],
  ['a guid that is no text', v5({ guid: ['26_1'] }), 'bad field', /guid is a list/],
  ['an endless guid', v5({ guid: 'x'.repeat(1000) }), 'bad field', /guid is "x{50,58}…/],
  ['changes that are no list', v5({ changes: { kind: 'story' } }), 'bad field', /changes is an object/],
  ['a story change without id', v5({ changes: [{ kind: 'story' }] }), 'missing field', /changes\[0\]\.id is missing/],
  [
    'new values that are no object',
    v5({ changes: [{ kind: 'story', id: 1, new_values: 'x' }] }),
    'bad field',
    /changes\[0\]\.new_values is "x"/,
  ],
  ['a resource without id', v5({ primary_resources: [{ kind: 'story' }] }), 'missing field', /primary_resources/],
]

for (const [what, body, reason, message] of refused) {
  t.test(`${what} is refused as "${reason}"`, async (t) => {
    const error = thrownBy(() => parse(body))
    t.equal(error.reason, reason)
    t.match(error.message, message)
    t.ok(error.message.length < 300, 'in a message of bearable length')
    t.notMatch(error.message, /[\r\n]/, 'on one line')
  })
}

function thrownBy(act: () => unknown): ParseError {
  try {
    act()
  } catch (error) {
    if (error instanceof ParseError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

t.test('what no delivery needs does not keep an activity out, whatever stands there', async (t) => {
  const accepted = { kind: 'story', id: 109, new_values: { current_state: 'accepted' } }
  const odd = [null, 'story', [], { id: 1 }, { kind: 'pull-request', id: 'a/b', new_values: [1] }, { kind: { a: 1 } }]
  const { stories, others, authorId, kind } = parse(
    v5({ kind: 'story-update_activity', performed_by: { name: 'James Kirk', id: 'a b' }, changes: [accepted, ...odd] }),
  )
  t.equal(kind, 'story-update')
  t.equal(authorId, null)
  t.strictSame(
    stories.map(({ id, fields }) => ({ id, fields })),
    [{ id: '109', fields: { currentState: 'accepted' } }],
  )
  t.strictSame(others, [
    { kind: '', id: '1', change: '', storyId: null, name: null },
    { kind: 'pull-request', id: null, change: '', storyId: null, name: null },
    { kind: '', id: null, change: '', storyId: null, name: null },
  ])
  const note = parse(story('<notes><note><id>a b</id><text>Aye</text></note></notes>'))
  t.strictSame(note.stories[0]?.comments, [{ id: null, change: 'create', text: 'Aye' }])
  t.equal(parse(xml('', { occurred_at: '2009/12/14 14:12:09 XST' })).occurredAt, '2009-12-14T14:12:09.000Z')
})

t.test('a body is read with a byte order mark, white space before it, and as ASCII by another name', async (t) => {
  const expected = parse(xml())
  for (const body of [
    `\ufeff${xml()}`,
    `\r\n ${xml()}\n`,
    `<?xml version='1.0' encoding='utf-8' standalone="yes" ?>\n<!-- x -->${xml()}<!-- & -->`,
    `<?xml version="1.0" encoding="US-ASCII"?>${xml()}`,
    `<?xml version="1.0" encoding="iso-8859-1"?>${xml()}`,
  ]) {
    t.strictSame(parse(body), expected, body.slice(0, 50))
  }
  t.strictSame(parse(`\ufeff \n${v5()}`), parse(v5()))
})

t.test('XML that declares a single-byte encoding is decoded as it says', async (t) => {
  const told = (encoding: string, text: string | Buffer, before = ''): unknown => {
    const [head = '', tail = ''] = story('<description>|</description>').split('|')
    const start = `${before}<?xml version="1.0" encoding="${encoding}"?>${head}`
    const body = Buffer.concat([Buffer.from(start, 'latin1'), Buffer.from(text), Buffer.from(tail)])
    return parse(body).stories[0]?.fields.description
  }
  const latin1 = Buffer.from([0x47, 0x72, 0xfc, 0xdf, 0x65])
  for (const encoding of ['ISO-8859-1', 'iso-8859-1', 'latin1', 'Latin-1', 'windows-1252', 'cp1252', 'ISO-8859-15'])
    t.equal(told(encoding, latin1), 'Grüße', encoding)
  t.equal(told('windows-1252', Buffer.from([0x80, 0x97, 0x93])), '€—“')
  t.equal(told('ISO-8859-15', Buffer.from([0xa4])), '€')
  t.equal(told('windows-1251', Buffer.from([0xcf, 0xf0, 0xe8])), 'При')
  t.equal(told('ISO-8859-1', latin1, ' '.repeat(1000)), 'Grüße', 'white space before it is not counted')
  const marked = Buffer.from('\ufeff').toString('latin1')
  t.equal(told('ISO-8859-1', 'Grüße', marked), 'Grüße', 'a byte order mark of UTF-8 takes precedence')
})

t.test('texts of XML come out as they were meant', async (t) => {
  const told = (text: string) => parse(story(`<description>${text}</description>`)).stories[0]?.fields.description
  t.equal(told(' a\r\nb\rc '), ' a\nb\nc ', 'white space is kept, line ends are one character')
  t.equal(told('&lt;b&gt; &amp;amp; &quot;&apos;'), '<b> &amp; "\'', 'references are decoded once')
  t.equal(told('&#12486;&#x1f596;&#x0A;&#00065;'), 'テ🖖\nA')
  t.equal(told('&#55357;&#56832; &#xD83D;&#xde00;'), '😀 😀', 'two halves that Tracker wrote are one character')
  t.equal(told('&#55357;&#8;&#56832;&#xD83D;&#xD83D;&#0;&#xffff;'), '\ufffd'.repeat(7), 'what is no character')
  t.equal(told('&#55357;&amp;&#56832;'), '\ufffd&\ufffd')
  t.equal(told('<![CDATA[<b>&amp;</b>]]> &amp; <![CDATA[]]]]><![CDATA[>]]>'), '<b>&amp;</b> & ]]>')
  t.equal(told('<![CDATA[<!DOCTYPE html>]]>'), '<!DOCTYPE html>', 'a DOCTYPE that is only text is text')
  t.equal(told('a<!-- <b> & -->c'), 'ac')
  t.equal(told('007'), '007')
  t.equal(told('true'), 'true')
  t.equal(told('0x1F'), '0x1F')
  t.equal(told('12345678901234567890'), '12345678901234567890')
  t.equal(told(' \n '), null, 'nothing but white space is cleared')
})

t.test('an element that asks to include a file includes nothing', async (t) => {
  const include = '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" parse="text" href="file:///etc/passwd"/>'
  t.strictSame(parse(xml(include)), parse(xml()))
  t.match(
    thrownBy(() => parse(story(`<description>a${include}</description>`))),
    { reason: 'bad field' },
  )
})

t.test('names of Object.prototype are only names', async (t) => {
  const plain = parse(xml())
  t.strictSame(parse(xml('<toString>x</toString><hasOwnProperty/>')), plain)
  const hostile = `{"__proto__":{"guid":"x","polluted":true},${v5().slice(1)}`
  t.strictSame(parse(hostile), parse(v5()))
  t.equal(Reflect.get({}, 'polluted'), undefined)
})

t.test('of a repeated JSON key the last one counts', async (t) => {
  t.equal(parse(`{"kind":"story_create_activity",${v5().slice(1)}`).kind, 'story_update')
})

t.test('an optional field that cannot be read counts as untouched', async (t) => {
  t.strictSame(parse(story('<estimate>many</estimate><accepted_at>soon</accepted_at>')).stories[0]?.fields, {})
  const newValues = { estimate: 'many', accepted_at: 'soon', deadline: {}, name: 'Shields' }
  const body = v5({ changes: [{ kind: 'story', id: 1, new_values: newValues }] })
  t.strictSame(parse(body).stories[0]?.fields, { name: 'Shields' })
  t.strictSame(parse(body.replace('"many"', '1e400')).stories[0]?.fields, { name: 'Shields' })
})

t.test('-1 is how v3 says that a story has no estimate', async (t) => {
  t.strictSame(parse(story('<estimate type="integer">-1</estimate>')).stories[0]?.fields, { estimate: null })
  t.strictSame(parse(story('<estimate type="integer">0</estimate>')).stories[0]?.fields, { estimate: 0 })
})

t.test('a link is set by an id, removed by an empty one and untouched without', async (t) => {
  const link = (inside: string) => parse(story(inside)).stories[0]?.link
  t.equal(link('<name>x</name>'), undefined)
  t.equal(link('<integration_id>7</integration_id>'), undefined, 'an integration alone says no ticket')
  t.equal(link('<integration_id/>'), null)
  t.equal(link('<jira_id> </jira_id>'), null)
  const jira = { system: 'jira', integrationId: null, externalId: 'A-1', externalUrl: null }
  t.strictSame(
    link('<jira_id>A-1</jira_id><jira_url/><other_id/>'),
    jira,
    'the empty one of another system is no removal',
  )
  t.strictSame(link('<get_satisfaction_id>9</get_satisfaction_id>'), {
    ...jira,
    system: 'get_satisfaction',
    externalId: '9',
  })
  t.strictSame(link('<external_id>9</external_id>'), { ...jira, system: null, externalId: '9' })

  const link5 = (values: object) =>
    parse(v5({ changes: [{ kind: 'story', id: 1, new_values: values }] })).stories[0]?.link
  const known = { system: null, integrationId: null, externalId: '9', externalUrl: null }
  t.equal(link5({ name: 'x' }), undefined)
  t.equal(link5({ integration_id: 3 }), undefined)
  t.equal(link5({ integration_id: null }), null)
  t.equal(link5({ external_id: '' }), null)
  t.strictSame(link5({ external_id: 9 }), known)
  t.strictSame(link5({ external_id: ' 9 ', integration_id: 3 }), { ...known, integrationId: '3' })
})

t.test('a story that an activity mentions twice is one change', async (t) => {
  const twice =
    '<stories><story><id>1</id><name>A</name><notes><note><text>x</text></note></notes></story>' +
    '<story><id>2</id></story>' +
    '<story><id>1</id><current_state>started</current_state><notes><note><text>y</text></note></notes></story></stories>'
  const [first, second, ...more] = parse(xml(twice)).stories
  t.match(first, {
    id: '1',
    name: 'A',
    fields: { name: 'A', currentState: 'started' },
    comments: [{ text: 'x' }, { text: 'y' }],
  })
  t.equal(second?.id, '2')
  t.strictSame(more, [])

  const changes = [
    { kind: 'comment', change_type: 'create', new_values: { id: 5, story_id: 1, text: 'x' } },
    { kind: 'story', change_type: 'create', id: 1, new_values: { name: 'A' } },
    {
      kind: 'story',
      change_type: 'update',
      id: 1,
      new_values: { current_state: 'started' },
      original_values: { name: 'B' },
    },
  ]
  t.strictSame(parse(v5({ changes })).stories, [
    {
      id: '1',
      change: 'create',
      name: 'A',
      storyType: null,
      url: null,
      fields: { name: 'A', currentState: 'started' },
      original: { name: 'B' },
      comments: [{ id: '5', change: 'create', text: 'x' }],
    },
  ])
})

t.test('a deleted comment of one of several stories is kept among the other changes', async (t) => {
  const stories = [1, 2].map((id) => ({ kind: 'story', id, name: `Story ${id}` }))
  const changes = [{ kind: 'comment', change_type: 'delete', id: 7 }]
  const activity = parse(v5({ changes, primary_resources: stories }))
  t.strictSame(activity.stories, [])
  const comment = { id: '7', change: 'delete', text: '' }
  t.strictSame(activity.others, [{ kind: 'comment', id: '7', change: 'delete', storyId: null, name: null, comment }])
})

t.test('labels may come as objects, owners as one id', async (t) => {
  const newValues = { labels: [{ id: 1, name: 'red alert' }, 'shields'], owned_by_id: 1703 }
  t.strictSame(parse(v5({ changes: [{ kind: 'story', id: 1, new_values: newValues }] })).stories[0]?.fields, {
    labels: ['red alert', 'shields'],
    ownerIds: ['1703'],
  })
})

t.test('what JSON can escape but no database takes is taken out of texts', async (t) => {
  const message = 'a\u0000b\ud83dc🖖'
  t.equal(parse(v5({ message })).description, 'ab\ufffdc🖖')
})

t.test('an activity without an id is known by its bytes', async (t) => {
  const anonymous = without(xml(), '<id>1</id>')
  t.match(parse(anonymous).key, /^sha256:[\da-f]{64}$/)
  t.equal(parse(anonymous).key, parse(anonymous).key)
  t.not(parse(anonymous).key, parse(`${anonymous}\n`).key)
  t.match(parse(v5({ guid: ' ' })).key, /^sha256:[\da-f]{64}$/)
})
