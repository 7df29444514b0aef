import { variants } from '../connectors/matrix/variants.ts'
import { golden } from './golden.ts'

golden('matrix', variants)
