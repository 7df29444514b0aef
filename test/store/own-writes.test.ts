import t from 'tap'
import { freshStore } from './database.ts'
import { testOwnWrites } from './own-writes-suite.ts'

testOwnWrites(t, freshStore)
