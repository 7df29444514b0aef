import t from 'tap'
import { testAppend } from './append-suite.ts'
import { freshStore } from './database.ts'

testAppend(t, freshStore)
