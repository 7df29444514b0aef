import { contract } from '../contract.ts'
import { variants } from './variants.ts'

contract(variants, { 'other-external-stories': '', 'other-csv': '' })
