import { contract } from '../contract.ts'
import { variants } from './variants.ts'

contract(variants, { slack: 'the delivery', 'slack-mattermost': 'the delivery' })
