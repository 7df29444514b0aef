import { variants } from '../connectors/github/variants.ts'
import { golden } from './golden.ts'

golden('github', variants)
