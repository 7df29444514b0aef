import { variants } from '../connectors/other/variants.ts'
import { golden } from './golden.ts'

golden('other', variants)
