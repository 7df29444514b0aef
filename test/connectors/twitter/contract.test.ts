import { contract } from '../contract.ts'
import { variants } from './variants.ts'

contract(variants, { 'twitter-oauth1': 'the delivery', 'twitter-oauth2': 'the delivery' })
