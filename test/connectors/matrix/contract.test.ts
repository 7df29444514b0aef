import { contract } from '../contract.ts'
import { variants } from './variants.ts'

contract(variants, { matrix: 'the delivery' })
