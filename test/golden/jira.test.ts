import { variants } from '../connectors/jira/variants.ts'
import { golden } from './golden.ts'

golden('jira', variants)
