import { variants } from '../connectors/log/variants.ts'
import { golden } from './golden.ts'

golden('log', variants)
