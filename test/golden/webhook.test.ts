import { variants } from '../connectors/webhook/variants.ts'
import { golden } from './golden.ts'

golden('webhook', variants)
