import { variants } from '../connectors/lighthouse/variants.ts'
import { golden } from './golden.ts'

golden('lighthouse', variants)
