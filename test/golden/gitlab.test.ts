import { variants } from '../connectors/gitlab/variants.ts'
import { golden } from './golden.ts'

golden('gitlab', variants)
