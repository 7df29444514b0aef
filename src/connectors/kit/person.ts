export const SOMEONE = 'Someone'
