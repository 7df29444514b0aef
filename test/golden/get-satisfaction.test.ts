import { variants } from '../connectors/get-satisfaction/variants.ts'
import { golden } from './golden.ts'

golden('get-satisfaction', variants)
