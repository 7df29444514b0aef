import { variants } from '../connectors/zendesk/variants.ts'
import { golden } from './golden.ts'

golden('zendesk', variants)
