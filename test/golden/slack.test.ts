import { variants } from '../connectors/slack/variants.ts'
import { golden } from './golden.ts'

golden('slack', variants)
