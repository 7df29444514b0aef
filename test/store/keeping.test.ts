import t from 'tap'
import { freshStore } from './database.ts'
import { testKeeping } from './keeping-suite.ts'

testKeeping(t, freshStore)
