import { LINEAR } from './linear.ts'
import { SHORTCUT } from './shortcut.ts'
import type { Workspace } from './workspace.ts'

/** The tools of today whose days the demo plays beside Tracker's; another source is another entry. */
export const WORKSPACES: readonly Workspace[] = [LINEAR, SHORTCUT]
