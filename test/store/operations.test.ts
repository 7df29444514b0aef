import t from 'tap'
import { freshStore } from './database.ts'
import { testOperations } from './operations-suite.ts'

testOperations(t, freshStore)
