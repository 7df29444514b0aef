import t from 'tap'
import { freshStore } from './database.ts'
import { testRejected } from './rejected-suite.ts'

testRejected(t, freshStore)
