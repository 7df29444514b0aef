import { contract } from '../contract.ts'
import { variants } from './variants.ts'

contract(variants, { 'campfire-classic': 'the delivery', 'campfire-once': 'the delivery' })
