import { contract } from '../contract.ts'
import { variants } from './variants.ts'

contract(variants, { 'bugzilla-xml-rpc': 'the delivery', 'bugzilla-rest': 'the delivery' })
