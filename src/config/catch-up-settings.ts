import { section, whole } from './setting.ts'

const DAY_MINUTES = 1440

/** Asking a project's tool for what its hook missed. */
export const catchUpSettings = section(
  "Asks the tool's API for what the hook has missed, at the start and from time to time, if there is a token for it.",
  {
    every_minutes: whole('How often it is asked; 0 never.', 0, 7 * DAY_MINUTES, 60),
    announce_within_minutes: whole(
      'What happened longer ago is not announced to people any more; tickets and web hooks get it all the same.',
      0,
      30 * DAY_MINUTES,
      120,
    ),
    at_most: whole('After so many activities that were missed, it goes on a minute later.', 1, 100_000, 5000),
    days: whole('How far back it goes.', 1, 30, 7),
  },
)
