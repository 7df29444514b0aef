import { variants } from '../connectors/discord/variants.ts'
import { golden } from './golden.ts'

golden('discord', variants)
