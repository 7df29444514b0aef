import { contract } from '../contract.ts'
import { variants } from './variants.ts'

contract(variants, { gitlab: 'the delivery', 'gitlab-options': 'the delivery' })
