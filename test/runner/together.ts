// node together.js NUMBER: imports the test files of RELAY_TEST_FILES one after the other into this process. The number
// keeps the folders of t.testdir() apart, which are named after the command line.
import t from 'tap'

for (const file of JSON.parse(process.env.RELAY_TEST_FILES ?? '[]') as readonly string[]) {
  // Printed between the tests of one file and those of the next, so that the runner knows which failed.
  t.comment(`file ${file}`)
  await import(new URL(`file://${process.cwd()}/${file}`).href)
}
