import type { SettingProblem } from '../contract/connector.ts'
import { roomTemplateProblems } from '../kit/room-template.ts'
import type { Settings } from './settings.ts'

export type Place = Classic | Once

export interface Classic {
  readonly flavour: 'classic'
  /** Without a slash at the end. */
  readonly base: string
  readonly addressSetting: 'subdomain' | 'base_url'
  readonly token: string
  readonly roomId: string
}

export interface Once {
  readonly flavour: 'once'
  readonly base: string
  readonly roomId: string
  /** `<user id>-<secret>`; part of the URL of every request. */
  readonly botKey: string
}

/** Problems never show a secret. */
export function placeOf(settings: Settings): Place | SettingProblem[] {
  const place = addressOf(settings)
  const problems = [...(Array.isArray(place) ? place : []), ...roomTemplateProblems(settings.templates)]
  return Array.isArray(place) || problems.length > 0 ? problems : place
}

function addressOf(settings: Settings): Place | SettingProblem[] {
  const once = present(settings, ['url', 'bot_key'])
  const classic = present(settings, ['subdomain', 'base_url', 'api_token'])
  if (once.length > 0 && classic.length > 0)
    return once.map((setting) => ({
      setting,
      problem: `is for ONCE Campfire, but ${classic.join(', ')} for the classic one; keep the settings of one of them`,
    }))
  if (once.length > 0) return oncePlace(settings)
  if (classic.length > 0) return classicPlace(settings)
  return [
    {
      setting: 'subdomain',
      problem:
        'missing; set subdomain, api_token and room_id for the classic Campfire, or url and bot_key for ONCE Campfire',
    },
  ]
}

/** Also those within a pasted address. */
export function secretsOf(settings: Settings): string[] {
  const inside = settings.url?.match(/\/rooms\/[1-9][0-9]*\/([1-9][0-9]*-[A-Za-z0-9]+)/)?.[1]
  return [settings.api_token, settings.url, settings.bot_key, inside].filter((each) => each !== undefined)
}

function present<K extends keyof Settings>(settings: Settings, keys: readonly K[]): K[] {
  return keys.filter((key) => settings[key] !== undefined)
}

function classicPlace(settings: Settings): Place | SettingProblem[] {
  const problems: SettingProblem[] = []
  const addressSetting = settings.base_url === undefined ? 'subdomain' : 'base_url'
  const address = classicAddress(settings)
  if (typeof address === 'string') problems.push({ setting: addressSetting, problem: address })
  if (settings.api_token === undefined)
    problems.push({ setting: 'api_token', problem: 'missing; it is shown in Campfire under Edit my account' })
  const room = roomOf(settings.room_id, typeof address === 'string' ? undefined : address.roomId, addressSetting)
  // A pasted address that cannot be read may contain the room.
  if ('problem' in room && typeof address !== 'string') problems.push(room)
  if (typeof address === 'string' || settings.api_token === undefined || 'problem' in room) return problems
  return { flavour: 'classic', base: address.base, addressSetting, token: settings.api_token, roomId: room.id }
}

interface Address {
  readonly base: string
  readonly roomId: string | undefined
}

/** A string is the problem. */
function classicAddress(settings: Settings): Address | string {
  const { subdomain, base_url, use_ssl } = settings
  const scheme = use_ssl ? 'https' : 'http'
  if (base_url !== undefined) {
    if (subdomain !== undefined) return 'contradicts subdomain; keep one of the two'
    const url = webAddress(base_url, scheme)
    if (url === null) return 'cannot be read; set it like https://chat.example.com'
    const [, prefix = '', roomId] = /^(.*?)(?:\/room\/([1-9][0-9]*)(?:\/.*)?)?\/*$/.exec(url.pathname) ?? []
    return { base: `${url.origin}${prefix}`, roomId }
  }
  if (subdomain === undefined) return 'missing; it is the first part of the address of the Campfire'
  const url = webAddress(subdomain.includes('.') ? subdomain : `${subdomain.trim()}.campfirenow.com`, scheme)
  const account = url === null ? null : /^([a-z0-9-]+)\.campfirenow\.com$/.exec(url.hostname)
  if (url === null || account === null)
    return 'not an account at campfirenow.com; for another server use base_url (classic API), or url and bot_key (ONCE Campfire)'
  const roomId = /^\/room\/([1-9][0-9]*)(?:\/|$)/.exec(url.pathname)?.[1]
  return { base: `${scheme}://${account[1]}.campfirenow.com`, roomId }
}

function oncePlace(settings: Settings): Place | SettingProblem[] {
  const problems: SettingProblem[] = []
  const pasted = settings.url === undefined ? null : pastedRoom(settings.url)
  if (settings.url === undefined)
    problems.push({ setting: 'url', problem: 'missing; it is the address of the room, shown next to the bot' })
  else if (pasted === null)
    problems.push({
      setting: 'url',
      problem: 'cannot be read; set it like https://chat.example.com/rooms/1, or to the curl line of the bot',
    })
  if (pasted === null) return problems
  const room = roomOf(settings.room_id, pasted.roomId, 'url')
  if ('problem' in room) problems.push(room)
  const botKey = settings.bot_key ?? pasted.botKey
  if (botKey === undefined)
    problems.push({
      setting: 'bot_key',
      problem: 'missing, and the url does not hold it either; it is shown in Campfire under Account, Chat bots',
    })
  else if (pasted.botKey !== undefined && pasted.botKey !== botKey)
    problems.push({ setting: 'bot_key', problem: 'differs from the key in the url; keep one of the two' })
  if (problems.length > 0 || 'problem' in room || botKey === undefined) return problems
  return { flavour: 'once', base: pasted.base, roomId: room.id, botKey }
}

/** Also reads the first address in a curl line, and the address of a message in the room. */
function pastedRoom(text: string): (Address & { readonly botKey: string | undefined }) | null {
  const isCurl = /^\s*curl\s/.test(text)
  const address = isCurl ? /https?:\/\/[^\s'"]+/.exec(text)?.[0] : text
  const url = address === undefined ? null : webAddress(address, 'https')
  if (url === null) return null
  const [, prefix = '', roomId, botKey] =
    /^(.*?)\/rooms\/([1-9][0-9]*)(?:\/([1-9][0-9]*-[A-Za-z0-9]+)(?:\/messages)?|\/@.*|\/messages)?\/*$/.exec(
      url.pathname,
    ) ?? []
  if (roomId !== undefined) return { base: `${url.origin}${prefix}`, roomId, botKey }
  if (url.pathname !== '/' || isCurl) return null
  return { base: url.origin, roomId: undefined, botKey: undefined }
}

function webAddress(text: string, scheme: 'https' | 'http'): URL | null {
  const trimmed = text.trim()
  const address = /^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed) ? trimmed : `${scheme}://${trimmed}`
  if (/\s/.test(address) || !URL.canParse(address)) return null
  const url = new URL(address)
  const isPlain = /^https?:$/.test(url.protocol) && url.username === '' && url.password === '' && url.hostname !== ''
  return isPlain ? url : null
}

function roomOf(
  roomId: Settings['room_id'],
  pasted: string | undefined,
  from: 'subdomain' | 'base_url' | 'url',
): { readonly id: string } | SettingProblem {
  const written = roomId === undefined ? pasted : roomIdIn(String(roomId))
  if (written === null)
    return {
      setting: 'room_id',
      problem: 'not the number of a room; it is the number at the end of the address of the room',
    }
  if (written === undefined)
    return { setting: 'room_id', problem: 'missing; it is the number at the end of the address of the room' }
  if (pasted !== undefined && pasted !== written)
    return { setting: 'room_id', problem: `${written}, but the room in ${from} is ${pasted}; keep one of the two` }
  return { id: written }
}

/** Null if neither a number nor the address of a room. */
function roomIdIn(text: string): string | null {
  const pasted = /^\s*(?:\S+\/rooms?\/)?([1-9][0-9]*)(?:[/?#]\S*)?\s*$/.exec(text)
  return pasted?.[1] ?? null
}
