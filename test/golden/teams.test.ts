import { variants } from '../connectors/teams/variants.ts'
import { golden } from './golden.ts'

golden('teams', variants)
