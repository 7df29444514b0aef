import t from 'tap'
import { freshStore } from './database.ts'
import { testTexts } from './texts-suite.ts'

testTexts(t, freshStore)
