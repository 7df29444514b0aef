import { contract } from '../contract.ts'
import { variants } from './variants.ts'

contract(variants, { 'jira-server': 'with a token', 'jira-cloud': 'with a password' })
