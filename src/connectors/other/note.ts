/** Tells a person of something odd that does not keep the tickets from being read. @param setting to look at */
export type Note = (setting: string, message: string) => void
