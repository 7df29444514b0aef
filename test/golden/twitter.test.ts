import { variants } from '../connectors/twitter/variants.ts'
import { golden } from './golden.ts'

golden('twitter', variants)
