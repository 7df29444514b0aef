import { variants } from '../connectors/mastodon/variants.ts'
import { golden } from './golden.ts'

golden('mastodon', variants)
