import t from 'tap'
import { freshStore } from './database.ts'
import { testOrder } from './order-suite.ts'

testOrder(t, freshStore)
