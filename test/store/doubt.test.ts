import t from 'tap'
import { freshStore } from './database.ts'
import { testDoubt } from './doubt-suite.ts'

testDoubt(t, freshStore, 'caller')
