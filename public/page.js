// Keeps a page true while somebody looks at it. Without it, the page is as it was when it was loaded, and everything works.
const { Idiomorph } = globalThis
const base = document.documentElement.dataset.base ?? ''
const main = document.querySelector('main')
const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** Between two looks at the relay, however much happens. */
const LEAST_BETWEEN_MS = 2000
/** Also when nothing happens: what is counted in time changes by itself. */
const MOST_BETWEEN_MS = 60_000

let inUtc = localStorage.getItem('utc') === 'yes'

/** "2 h 34 min", as the relay writes it. */
function words(ms) {
  if (ms < MINUTE) return `${Math.floor(ms / SECOND)} s`
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min`
  const [big, unit, small, rest] =
    ms < DAY
      ? [Math.floor(ms / HOUR), 'h', Math.floor((ms % HOUR) / MINUTE), 'min']
      : [Math.floor(ms / DAY), 'd', Math.floor((ms % DAY) / HOUR), 'h']
  return rest === 'h' && big >= 7
    ? `${big} d`
    : small === 0 || (unit === 'h' && big >= 10)
      ? `${big} ${unit}`
      : `${big} ${unit} ${small} ${rest}`
}

function clock(at, withSeconds) {
  const zone = inUtc ? { timeZone: 'UTC' } : {}
  const time = at.toLocaleTimeString('en-GB', {
    ...zone,
    hour: '2-digit',
    minute: '2-digit',
    ...(withSeconds ? { second: '2-digit' } : {}),
  })
  const day = (one) => one.toLocaleDateString('en-CA', zone)
  return `${day(at) === day(new Date()) ? '' : `${day(at)} `}${time}${inUtc ? ' UTC' : ''}`
}

/** "2026-11-28 14:20:11 here, 13:20:11 UTC": both, since the words beside it are neither. */
function exact(at, length = 19) {
  const utc = at.toISOString().slice(0, length).replace('T', ' ')
  const local = new Date(at.getTime() - at.getTimezoneOffset() * MINUTE)
    .toISOString()
    .slice(0, length)
    .replace('T', ' ')
  if (inUtc || local === utc) return `${utc} UTC`
  return `${local} here, ${local.slice(0, 10) === utc.slice(0, 10) ? utc.slice(11) : utc} UTC`
}

function setTimes() {
  for (const time of document.querySelectorAll('time[data-shows]')) {
    const at = new Date(time.dateTime)
    const ms = Date.now() - at.getTime()
    const { shows } = time.dataset
    const text =
      shows === 'for'
        ? words(Math.max(0, ms))
        : shows !== 'ago'
          ? clock(at, shows === 'seconds')
          : ms < -SECOND
            ? `in ${words(-ms)}`
            : ms < SECOND
              ? 'just now'
              : `${words(ms)} ago`
    if (time.textContent !== text) time.textContent = text
    const title = exact(at)
    if (time.title !== title) time.title = title
  }
  for (const part of document.querySelectorAll('.chart rect[data-at]')) {
    const title = part.firstElementChild
    const text = title.textContent.replace(/^.*?: /, `${exact(new Date(part.dataset.at), 16)}: `)
    if (title.textContent !== text) title.textContent = text
  }
}

function setZone() {
  const place = document.querySelector('[data-zone]')
  if (place === null) return
  const [, offset = 'UTC'] =
    /GMT(.*)$/.exec(new Date().toLocaleTimeString('en-GB', { timeZoneName: 'longOffset' })) ?? []
  place.textContent = inUtc ? 'Times are UTC. ' : `Times are local (UTC${offset === 'UTC' ? '' : offset}). `
  const button = document.createElement('button')
  button.type = 'button'
  button.className = 'link'
  button.textContent = inUtc ? 'Show local times' : 'Show UTC'
  button.addEventListener('click', () => {
    inUtc = !inUtc
    localStorage.setItem('utc', inUtc ? 'yes' : 'no')
    setZone()
    setTimes()
    document.querySelector('[data-zone] button')?.focus()
  })
  place.append(button)
}

/** What a person has opened, chosen or typed stays as it is, and rows do not move under the pointer. */
const MORPH = {
  morphStyle: 'innerHTML',
  ignoreActiveValue: true,
  restoreFocus: true,
  callbacks: {
    beforeNodeMorphed: (old) => !(old instanceof Element && old.matches('details[open], form[data-kept], [data-kept]')),
    beforeAttributeUpdated: (name, node) => !(name === 'open' && node.localName === 'details'),
  },
}

let lastLook = Date.now()
let planned = null
let looking = false

/** Without `wanted`, a list only says how much is new. */
async function look() {
  planned = null
  if (looking) return soon()
  looking = true
  try {
    const answer = await fetch(location.href, { headers: { accept: 'text/html' }, redirect: 'manual' })
    if (answer.type === 'opaqueredirect') return location.reload()
    if (!answer.ok) return broken()
    const next = new DOMParser().parseFromString(await answer.text(), 'text/html')
    lastLook = Date.now()
    const list = main.querySelector('[data-list]')
    if (list !== null && !takesNewRows(list)) count(list, next.querySelector('[data-list]'))
    else apply(next)
  } catch {
    broken()
  } finally {
    looking = false
  }
}

function apply(next) {
  document.title = next.title
  Idiomorph.morph(main, next.querySelector('main').innerHTML, MORPH)
  const count = document.querySelector('.nav .n')
  const newCount = next.querySelector('.nav .n')
  if (count !== null && newCount !== null) count.textContent = newCount.textContent
  prepare()
  setTimes()
}

/** New rows come in by themselves at the top of the page, while nobody selects, points at or reads with the keyboard. */
function takesNewRows(list) {
  const isBusy = !getSelection().isCollapsed || list.contains(document.activeElement) || list.matches(':hover')
  return localStorage.getItem('looking') !== 'no' && scrollY < 40 && !isBusy
}

function count(list, next) {
  const known = new Set([...list.querySelectorAll('[data-row]')].map((row) => row.dataset.row))
  const rows = [...(next?.querySelectorAll('[data-row]') ?? [])]
  const fresh = rows.filter((row) => !known.has(row.dataset.row)).length
  const strip = main.querySelector('[data-new]')
  if (strip === null) return
  const text = fresh === 0 ? '' : `${fresh === rows.length ? `${fresh} or more` : fresh} new`
  if (strip.textContent !== text) strip.textContent = text
  main.querySelector('[data-show-new]')?.toggleAttribute('hidden', fresh === 0)
  // What is shown already changes in place.
  for (const row of rows) {
    const old = list.querySelector(`[data-row="${CSS.escape(row.dataset.row)}"]`)
    if (old !== null && !old.contains(document.activeElement)) Idiomorph.morph(old, row.innerHTML, MORPH)
  }
  setTimes()
}

function soon() {
  if (planned !== null) return
  planned = setTimeout(look, Math.max(200, lastLook + LEAST_BETWEEN_MS - Date.now()))
}

let brokenSince = null
function broken() {
  brokenSince ??= new Date()
  document.querySelector('[data-broken]').textContent = `Not live since ${clock(brokenSince, false)}.`
}

function whole() {
  brokenSince = null
  document.querySelector('[data-broken]').textContent = ''
}

function follow() {
  const events = new EventSource(`${base}/live/events`)
  for (const name of ['activity', 'delivery', 'action', 'integration', 'replay']) events.addEventListener(name, soon)
  events.addEventListener('open', whole)
  // What happened after the page was made and before the stream began is in no event of it.
  events.addEventListener('open', soon)
  events.addEventListener('error', broken)
  setInterval(() => Date.now() - lastLook > MOST_BETWEEN_MS && soon(), SECOND)
}

/** What only a script can do is shown only with one. */
function prepare() {
  for (const tick of main.querySelectorAll('[data-keep-looking]')) {
    tick.closest('label').hidden = false
    tick.checked = localStorage.getItem('looking') !== 'no'
    tick.onchange = () => localStorage.setItem('looking', tick.checked ? 'yes' : 'no')
  }
  for (const button of main.querySelectorAll('[data-show-new]'))
    button.onclick = (event) => {
      event.preventDefault()
      scrollTo(0, 0)
      void fetch(location.href).then(async (answer) => {
        apply(new DOMParser().parseFromString(await answer.text(), 'text/html'))
        main.querySelector('[data-list] a')?.focus()
      })
    }
  for (const field of main.querySelectorAll('input[readonly]')) field.onfocus = () => field.select()
  for (const button of main.querySelectorAll('[data-copy]')) {
    button.hidden = false
    button.onclick = async () => {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).value)
      button.textContent = 'Copied'
    }
  }
}

setZone()
setTimes()
prepare()
setInterval(setTimes, SECOND)
if (main.dataset.live !== undefined) follow()
