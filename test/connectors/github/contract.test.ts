import { contract } from '../contract.ts'
import { variants } from './variants.ts'

contract(variants, { github: 'the delivery', 'github-app': 'the delivery' })
