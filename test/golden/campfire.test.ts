import { variants } from '../connectors/campfire/variants.ts'
import { golden } from './golden.ts'

golden('campfire', variants)
