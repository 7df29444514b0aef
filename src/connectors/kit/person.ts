/** What a person without a name is called in what the relay writes. */
export const SOMEONE = 'Someone'
