import type { IntegrationAnswer } from '../api/integrations.ts'
import type { StateName } from './states.tsx'
import { secretsAmong, troubleIn } from './trouble.ts'

/** Why somebody is needed for an integration, and for what. */
export interface Need {
  /** As in "Not everything is fine: ...". */
  readonly cause: string
  readonly why: string
  readonly toDo: string
  /** What is not lost. */
  readonly comfort: string
  /** 0 is the most urgent. */
  readonly urgency: number
}

export function integrationState({ standing }: IntegrationAnswer): StateName {
  return standing.state
}

/**
 * Null: nobody is needed. A person's pause is that person's decision, and the cap of a day passes.
 * @param deadReason why its latest dead delivery was given up
 */
export function needOf({ name, standing, deliveries, open }: IntegrationAnswer, deadReason?: string): Need | null {
  const { state, sentence } = standing
  const reason = standing.reason ?? sentence
  const stored = `Nothing is lost: what ${name} should get is stored, in order.`
  const wait = `Nothing is lost: what ${name} should get is stored, in order, and goes out once the target takes it.`
  if (state === 'held')
    return {
      cause: `${name} is held`,
      why: reason,
      toDo: WHAT_TO_DO[troubleIn(reason)],
      comfort: wait,
      urgency: 1,
    }
  if (state === 'paused' && standing.paused_by === 'target') {
    const trouble = troubleIn(reason)
    return {
      cause: trouble === 'not authorised' ? `${name} is not authorised` : `${name} paused itself`,
      why: reason,
      toDo: WHAT_TO_DO[trouble],
      comfort: wait,
      urgency: 1,
    }
  }
  if (state === 'not configured')
    return {
      cause: `${name} is not in the config any more and has ${open} open ${open === 1 ? 'delivery' : 'deliveries'}`,
      why: sentence,
      toDo: `move them to another integration ("tracker-relay move"), skip them, or put ${name} back.`,
      comfort: stored,
      urgency: 2,
    }
  if (deliveries.dead > 0)
    return {
      cause: `${deliveries.dead} ${deliveries.dead === 1 ? 'delivery' : 'deliveries'} of ${name} ${deliveries.dead === 1 ? 'is' : 'are'} dead`,
      why: deadWords(deliveries.dead, deadReason),
      toDo:
        deliveries.dead === 1
          ? 'mend the reason and send it again, or leave it.'
          : 'mend the reason of each and send them again, or leave them.',
      comfort: 'Nothing is lost: what is dead is kept, and can be sent again.',
      urgency: 0,
    }
  return null
}

function deadWords(count: number, reason: string | undefined): string {
  const what = count === 1 ? '1 delivery was given up' : `${count} deliveries were given up`
  if (reason === undefined) return `${what}.`
  const why = reason
    .replace(/^given up after \d+ (?:failures|hours of failures); the last one: /, '')
    .replace(/[.\s]+$/, '')
  return `${what}${count === 1 ? '' : ', the last one because'}: ${why}.`
}

const WHAT_TO_DO: Readonly<Record<ReturnType<typeof troubleIn>, string>> = {
  'not authorised': 'authorise the account.',
  clock: "set this machine's clock.",
  paid: 'settle it with the target, then try now.',
  limit: 'nothing, unless it lasts: the relay goes on when the target allows it.',
  account: 'free the account at the target, then try now.',
  blocked: 'allow the address in the config, and reload.',
  rights: 'give the account the right at the target, then try now.',
  credentials: 'put valid credentials into the config, and reload.',
  unreachable: 'nothing, unless it lasts: then see whether the target and the way to it work.',
  gone: 'set the address that is right today, and reload.',
  database: "see the relay's log, and put the key or the database right.",
  settings: 'correct the setting that the reason names, and reload.',
  other: 'mend what the reason names: at the target, or in the config and then reload.',
}

/** A piece of a sentence: words, a setting or a command, or a link. */
export type Piece = string | { readonly code: string } | { readonly url: string; readonly says: string }

export interface StepsFor {
  readonly one: IntegrationAnswer
  /** As the config has them, flattened; the value of a secret is hidden. */
  readonly settings: readonly (readonly [name: string, value: string])[]
  /** Null: it has no account that is authorised on a page. */
  readonly connectUrl: string | null
}

/** What a person does, one after the other, with the names of the settings in this config. Empty: nobody is needed. */
export function stepsOf({ one, settings, connectUrl }: StepsFor): readonly (readonly Piece[])[] {
  const { name, standing, title } = one
  if (standing.state === 'not configured')
    return [
      ['Put ', { code: `integrations.${name}` }, ' back into the config and reload: its deliveries go out then.'],
      ['Or move them: ', { code: `tracker-relay move ${name} OTHER` }, '.'],
      ['Or give them up: ', { code: `tracker-relay skip --integration ${name}` }, '.'],
    ]
  const need = needOf(one)
  if (need === null || (standing.state !== 'held' && standing.state !== 'paused')) return []
  const target = title ?? name
  const reason = standing.reason ?? ''
  const settingWords = named(settingsIn(reason, settings))
  const secrets = settingsIn(reason, secretsAmong(settings))
  const logins = named(secrets.length > 0 ? secrets : secretsAmong(settings).map(([setting]) => setting))
  const reload: Piece[] = [
    'Reload: ',
    { code: 'systemctl reload tracker-relay' },
    ` (or send SIGHUP). ${name} goes on by itself, because its settings have changed.`,
  ]
  const tryNow: Piece[] = ['Press “Try now”: the oldest delivery is sent at once, and the rest after it.']
  const edit = (words: readonly Piece[]): Piece[] => [
    'In the config, under ',
    { code: `integrations.${name}` },
    ...words,
  ]
  switch (troubleIn(reason)) {
    case 'not authorised':
      return connectUrl === null
        ? [
            [
              `Authorise the account of ${target}: `,
              { code: `tracker-relay connect ${one.type} ${name}` },
              '. Until then its deliveries are kept.',
            ],
            tryNow,
          ]
        : [
            [
              { url: connectUrl, says: `Authorise the account of ${name}` },
              `: it takes a click at ${target}. ${name} goes on by itself after that.`,
            ],
          ]
    case 'clock':
      return [["Set this machine's clock, best by NTP: ", { code: 'timedatectl set-ntp true' }, '.'], tryNow]
    case 'paid':
      return [[`Settle with ${target} what it asks for.`], tryNow]
    case 'limit':
      return [
        [`Nothing at once: ${target} says when it takes more, and the relay waits for that.`],
        edit([
          ', set ',
          { code: 'max_per_minute' },
          ' if it happens often, and reload: the relay then keeps below the limit by itself.',
        ]),
      ]
    case 'account':
      return [[`Sign in to ${target} as the relay's account, and do what it asks for.`], tryNow]
    case 'blocked':
      return [edit([', add the address to ', { code: 'allow_addresses' }, ', if it is the right one.']), reload]
    case 'rights':
      return [[`At ${target}, give the relay's account the right that the reason names.`], tryNow]
    case 'credentials':
      return [
        [`At ${target}, signed in as the relay's account, make new credentials, or find the valid ones.`],
        edit([
          ', put them into ',
          ...(logins.length === 0 ? ['the setting of the login'] : logins),
          ', or into the file or the variable that it names.',
        ]),
        reload,
      ]
    case 'unreachable':
      return [
        [
          `See whether ${target} works, and whether this machine reaches it: a firewall, a proxy, its name, its certificate.`,
        ],
        edit([
          ', compare ',
          ...(settingWords.length === 0 ? addresses(settings) : settingWords),
          '. If it is wrong, correct it and reload.',
        ]),
      ]
    case 'gone':
      return [
        edit([
          ', set the address that is right today: ',
          ...(settingWords.length === 0 ? addresses(settings) : settingWords),
          '.',
        ]),
        reload,
      ]
    case 'database':
      return [
        [
          "See the relay's log for what the database says, or put the lost key back under ",
          { code: 'credentials.keys' },
          '.',
        ],
        tryNow,
      ]
    case 'settings':
      return [edit([', correct ', ...settingWords, ' as the reason says.']), reload]
    case 'other':
      return [
        [`Mend what the reason names: at ${target}, or under `, { code: `integrations.${name}` }, ' in the config.'],
        ['Reload if you changed the config: ', { code: 'systemctl reload tracker-relay' }, '. Else press “Try now”.'],
      ]
  }
}

/** The settings of this config that a text names. */
function settingsIn(text: string, settings: StepsFor['settings']): readonly string[] {
  const words = new Set(text.match(/[a-z][\w.]*\w/g) ?? [])
  return settings.map(([name]) => name).filter((name) => words.has(name) || words.has(name.split('.').at(-1) ?? ''))
}

/** "`url`", "`api_username` and `api_password`". */
function named(names: readonly string[]): Piece[] {
  return names
    .slice(0, 4)
    .flatMap((name, at, all): Piece[] => [
      ...(at === 0 ? [] : at === all.length - 1 ? [' and '] : [', ']),
      { code: name },
    ])
}

function addresses(settings: StepsFor['settings']): Piece[] {
  const found = named(settings.filter(([, value]) => /^https?:/i.test(value)).map(([name]) => name))
  return found.length === 0 ? ['the address'] : found
}
