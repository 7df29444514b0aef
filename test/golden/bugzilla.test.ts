import { variants } from '../connectors/bugzilla/variants.ts'
import { golden } from './golden.ts'

golden('bugzilla', variants)
