import t from 'tap'
import {
  createTimeReader,
  type FoundTime,
  problemInFormat,
  type TimeFormat,
  USUAL_TIMES,
} from '../../../src/connectors/other/times.ts'

const read = (value: unknown, format: Partial<TimeFormat> = {}) =>
  shown(createTimeReader({ ...USUAL_TIMES, ...format }).read(value))
const shown = (found: FoundTime) => (found instanceof Date ? found.toISOString() : found)

t.test('a time is understood in every format that programs use', async (t) => {
  const cases: [unknown, string | null][] = [
    ['2008/12/10 00:00:00 UTC', '2008-12-10T00:00:00.000Z'],
    ['2008-12-10T00:00:00Z', '2008-12-10T00:00:00.000Z'],
    ['2008-12-10 01:30:00.250+01:30', '2008-12-10T00:00:00.250Z'],
    ['2008-12-10 01:00:00+01', '2008-12-10T00:00:00.000Z'],
    ['2008-12-09 16:00:00.123456-08', '2008-12-10T00:00:00.123Z'],
    ['2008-12-10', '2008-12-10T00:00:00.000Z'],
    ['Wed, 10 Dec 2008 00:00:00 GMT', '2008-12-10T00:00:00.000Z'],
    ['Wed, 10 Dec 2008 00:00:00', '2008-12-10T00:00:00.000Z'],
    ['9 Dec 08 16:00 PST', '2008-12-10T00:00:00.000Z'],
    ['Wed, 10 December 2008 02:00:00 +0200', '2008-12-10T00:00:00.000Z'],
    ['10 Dec 99 00:00 Z', '1999-12-10T00:00:00.000Z'],
    [1228867200, '2008-12-10T00:00:00.000Z'],
    [1228867200000, '2008-12-10T00:00:00.000Z'],
    ['1228867200', '2008-12-10T00:00:00.000Z'],
    ['1228867200.5', '2008-12-10T00:00:00.500Z'],
    [1228867200n, '2008-12-10T00:00:00.000Z'],
    [new Date(0), '1970-01-01T00:00:00.000Z'],
    // Tracker's CSV, JIRA's, Redmine's in German and its API, Google Code, Twitter, .NET, Trac, XML-RPC, git
    ['Feb 11, 2016', '2016-02-11T00:00:00.000Z'],
    ['04/Mar/14 3:30 PM', '2014-03-04T15:30:00.000Z'],
    ['2014-03-04T10:11:12.000+0000', '2014-03-04T10:11:12.000Z'],
    ['04.03.2014 15:30', '2014-03-04T15:30:00.000Z'],
    ['2012/07/02 06:07:57 -0500', '2012-07-02T11:07:57.000Z'],
    ['Mar 04, 2014 10:11:12', '2014-03-04T10:11:12.000Z'],
    ['Tue Mar 04 10:11:12 +0000 2014', '2014-03-04T10:11:12.000Z'],
    ['/Date(1394000000000)/', '2014-03-05T06:13:20.000Z'],
    ['/Date(1394000000000+0100)/', '2014-03-05T06:13:20.000Z'],
    ['1394000000000000', '2014-03-05T06:13:20.000Z'],
    ['20140304T10:11:12', '2014-03-04T10:11:12.000Z'],
    ['20140304T101112Z', '2014-03-04T10:11:12.000Z'],
    ['20140304101112', '2014-03-04T10:11:12.000Z'],
    ['20140304', '2014-03-04T00:00:00.000Z'],
    [20140304, '2014-03-04T00:00:00.000Z'],
    [20140304n, '2014-03-04T00:00:00.000Z'],
    [20140304101112, '2014-03-04T10:11:12.000Z'],
    [-100_000_000, '1966-10-31T14:13:20.000Z'],
    [0, null],
    ['Tue Mar 4 10:11:12 2014 +0100', '2014-03-04T09:11:12.000Z'],
    ['Tuesday, 04-Mar-14 10:11:12 GMT', '2014-03-04T10:11:12.000Z'],
    ['Mar 4, 2014, 10:11:12\u202fAM', '2014-03-04T10:11:12.000Z'],
    ['Tue Mar 04 2014 10:11:12 GMT+0100 (Central European Standard Time)', '2014-03-04T09:11:12.000Z'],
    ['2014-03-04T10:11:12.345+01:00[Europe/Berlin]', '2014-03-04T09:11:12.345Z'],
    ['2014-03-04T10:11:12Z[Etc/UTC]', '2014-03-04T10:11:12.000Z'],
    ['March 4, 2014 at 12:30 a.m.', '2014-03-04T00:30:00.000Z'],
    ['4th Sept. 2014', '2014-09-04T00:00:00.000Z'],
    ['2014. 03. 04.', '2014-03-04T00:00:00.000Z'],
    ['4.3.14', '2014-03-04T00:00:00.000Z'],
    // A number above 12 is no month.
    ['25/3/2014', '2014-03-25T00:00:00.000Z'],
    ['3/25/2014 4:05 PM', '2014-03-25T16:05:00.000Z'],
    ['3-25-14', '2014-03-25T00:00:00.000Z'],
    ['4/4/2014', '2014-04-04T00:00:00.000Z'],
    ['9999-12-31T23:59:59Z', '9999-12-31T23:59:59.000Z'],
    ['0000-00-00 00:00:00', null],
    ['', null],
    [' ', null],
    [null, null],
    [undefined, null],
  ]
  for (const [value, expected] of cases) t.equal(read(value), expected, String(value))
})

t.test('what is no time is told from no time at all', async (t) => {
  for (const value of [
    ...[new Date(Number.NaN), 1e300, '10 Foo 2008 00:00', '31 Feb 2008 00:00', '2008-02-30', '13/13/2014', 'soon'],
    ...[41702.4, 1, 123n, '4.3', '2014-03-04 25:00', '99/99/99', true, 'x'.repeat(1_000_000), '4. M\u00e4rz 2014'],
  ])
    t.equal(read(value), 'unknown', String(value).slice(0, 40))
})

t.test('which of two small numbers is the month is never guessed', async (t) => {
  for (const value of ['3/4/2014', '07/02/2012 06:07 am', '03-04-2014', '14/03/04', '3/4/14'])
    t.equal(read(value), 'ambiguous', value)
})

t.test('the other values of a column tell which number is the month', async (t) => {
  const cases: [string[], string, string][] = [
    [['1/2/2014', '1/25/2014'], '3/4/2014', '2014-03-04T00:00:00.000Z'],
    [['25/1/2014 10:00'], '3/4/2014', '2014-04-03T00:00:00.000Z'],
    [['1/25/14'], '3/4/14 2:00 PM', '2014-03-04T14:00:00.000Z'],
    [['14/3/25'], '03/04/14', 'ambiguous'],
    [['14/3/25', '25/3/2014'], '03/04/14', '2014-04-03T00:00:00.000Z'],
    [['25/1/2014', '1/25/2014'], '3/4/2014', 'ambiguous'],
    [['1/2/2014', 'soon', '', '2014-01-25'], '3/4/2014', 'ambiguous'],
  ]
  for (const [column, value, expected] of cases) {
    const reader = createTimeReader(USUAL_TIMES)
    for (const each of column) reader.learn(each)
    t.equal(shown(reader.read(value)), expected, column.join(' '))
  }
})

t.test('a format and a zone of the settings decide, and formats that are certain are read as well', async (t) => {
  const cases: [unknown, Partial<TimeFormat>, string][] = [
    ['3/4/2014', { format: 'd/M/yyyy' }, '2014-04-03T00:00:00.000Z'],
    ['3/4/2014 5:06 pm', { format: 'M/d/yyyy h:mm a' }, '2014-03-04T17:06:00.000Z'],
    ['2014-03-04', { format: 'M/d/yyyy' }, '2014-03-04T00:00:00.000Z'],
    ['3/4/2014 10:00', { format: 'M/d/yyyy' }, 'ambiguous'],
    ['5 P.M. on 3/4/2014', { format: "h 'P.M. on' M/d/yyyy" }, '2014-03-04T05:00:00.000Z'],
    [201403041011, { format: 'yyyyMMddHHmm' }, '2014-03-04T10:11:00.000Z'],
    ['2014-07-04 10:00', { zone: 'Europe/Berlin' }, '2014-07-04T08:00:00.000Z'],
    ['04.01.2014 10:00', { zone: 'Europe/Berlin' }, '2014-01-04T09:00:00.000Z'],
    ['2014-07-04', { zone: 'America/New_York' }, '2014-07-04T04:00:00.000Z'],
    ['2014-07-04 10:00 UTC', { zone: 'Europe/Berlin' }, '2014-07-04T10:00:00.000Z'],
    ['2014-07-04T10:00:00+02', { zone: 'America/New_York' }, '2014-07-04T08:00:00.000Z'],
    ['3/4/2014 10:00', { format: 'M/d/yyyy HH:mm', zone: 'Europe/Berlin' }, '2014-03-04T09:00:00.000Z'],
    ['3/4/2014 10:00 -05:00', { format: 'M/d/yyyy HH:mm ZZ', zone: 'Europe/Berlin' }, '2014-03-04T15:00:00.000Z'],
  ]
  for (const [value, format, expected] of cases) t.equal(read(value, format), expected, `${value} ${format.format}`)
})

t.test('a format that cannot be one is a problem that says what formats are made of', async (t) => {
  for (const good of ['M/d/yyyy', 'dd.MM.yy HH:mm', 'd/MMM/yy h:mm a', "yyyy-MM-dd'T'HH:mm:ssZZ", 'EEE, d MMMM yyyy'])
    t.equal(problemInFormat(good), null, good)
  t.match(problemInFormat('DD.MM.YYYY'), /^has the unknown token "DD"; it is made of yyyy, MM, dd/)
  t.match(problemInFormat('HH:mm'), /^must name day, month and year; /)
  t.match(problemInFormat('MM/yyyy'), /^must name day, month and year; /)
  t.match(problemInFormat('at noon'), /^has the unknown token "t"/)
})
