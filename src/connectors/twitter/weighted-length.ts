/** By X's count. Longer posts of paying accounts are not used. */
export const LONGEST_POST = 280
/** X replaces every link by one of its own. */
const LINK = 23

/**
 * The length by X's rules (docs.x.com, "Counting characters", and config v3 of the twitter-text library): in composed
 * form, most letters count one, those of large scripts two, an emoji two, a link 23. If it is not certain that X counts
 * a sequence as one, its characters are counted one by one: the result may be too large, never too small.
 */
export function weightedLength(text: string): number {
  let weight = 0
  for (const [token] of text.normalize('NFC').matchAll(/\s+|\S+/g)) weight += tokenWeight(token)
  return weight
}

function tokenWeight(token: string): number {
  if (CERTAIN_LINK.test(token)) return LINK
  // X may count every domain in it as a link.
  const domains = token.match(/\.\p{L}/gu)?.length ?? 0
  return plainWeight(token) + domains * LINK
}

function plainWeight(text: string): number {
  // Most texts hold nothing heavier and no emoji.
  if (/^[\0-\u10FF\u2000-\u200C]*$/.test(text)) return text.length
  let weight = 0
  for (const part of text.split(CERTAIN_EMOJI)) for (const character of part) weight += characterWeight(character)
  return weight + 2 * (text.match(CERTAIN_EMOJI)?.length ?? 0)
}

function characterWeight(character: string): 1 | 2 {
  const code = character.codePointAt(0) ?? 0
  const light =
    code <= 4351 || (code >= 8192 && code <= 8205) || (code >= 8208 && code <= 8223) || (code >= 8242 && code <= 8247)
  return light ? 1 : 2
}

/** Top-level domains that X surely knows. Links to others are counted letter by letter. */
const ENDINGS =
  'com|org|net|edu|gov|mil|int|info|biz|app|dev|cloud|online|site|tech|io|ai|co|me|tv|eu|us|uk|ca|au|nz|ie|de|at|ch|fr|be|nl|lu|es|pt|it|gr|pl|cz|sk|hu|ro|bg|se|no|dk|fi|is|ee|lv|lt|ua|ru|tr|il|in|jp|cn|kr|tw|hk|sg|za|br|mx|ar|cl'

const CERTAIN_LINK = new RegExp(
  `^(?=.{1,1000}$)https?://(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\\.)+(?:${ENDINGS})(?::[0-9]+)?` +
    '(?:/(?:[a-z0-9/%.~=+_#-]*[a-z0-9/=+_#-])?)?(?:\\?[a-z0-9/%.~=&_#-]*[a-z0-9/=&_#-])?$',
  'i',
)

const TONE = '[\\u{1F3FB}-\\u{1F3FF}]'
/** Emoji whose skin tones are newer than the library. */
const TONELESS =
  '\\u{1F46B}-\\u{1F46D}\\u{1F46F}\\u{1F48F}\\u{1F491}\\u{1F90C}\\u{1F90F}\\u{1F91D}\\u{1F93C}\\u{1F977}\\u{1F9BB}\\u{1F9CD}-\\u{1F9CF}\\u{1FA70}-\\u{1FAFF}'
const MAN_OR_WOMAN = '[\\u{1F468}\\u{1F469}]'
const SHEET = '\\uFE0F'
const JOIN = '\\u200D'

/** Sequences that the library, and so X, counts as one; the longest first. */
const CERTAIN_EMOJI = new RegExp(
  [
    // Families and couples without skin tones.
    `(?:${MAN_OR_WOMAN}${JOIN}){1,2}[\\u{1F466}\\u{1F467}](?:${JOIN}[\\u{1F466}\\u{1F467}])?(?!${TONE})`,
    `${MAN_OR_WOMAN}${JOIN}\\u2764${SHEET}${JOIN}(?:\\u{1F48B}${JOIN})?${MAN_OR_WOMAN}(?!${TONE})`,
    // A man or woman with a profession or a kind of hair.
    `${MAN_OR_WOMAN}${TONE}?${JOIN}(?:[\\u2695\\u2696\\u2708]${SHEET}|[\\u{1F33E}\\u{1F373}\\u{1F393}\\u{1F3A4}\\u{1F3A8}\\u{1F3EB}\\u{1F3ED}\\u{1F4BB}\\u{1F4BC}\\u{1F527}\\u{1F52C}\\u{1F680}\\u{1F692}\\u{1F9B0}-\\u{1F9B3}])`,
    // A person who does something, with a gender.
    `[\\u{1F3C3}\\u{1F3C4}\\u{1F3CA}\\u{1F46E}\\u{1F471}\\u{1F473}\\u{1F477}\\u{1F481}\\u{1F482}\\u{1F486}\\u{1F487}\\u{1F645}-\\u{1F647}\\u{1F64B}\\u{1F64D}\\u{1F64E}\\u{1F6A3}\\u{1F6B4}-\\u{1F6B6}\\u{1F926}\\u{1F935}\\u{1F937}-\\u{1F939}\\u{1F9B8}\\u{1F9B9}\\u{1F9D6}-\\u{1F9DD}]${TONE}?${JOIN}[\\u2640\\u2642]${SHEET}`,
    `\\u{1F3F3}${SHEET}${JOIN}\\u{1F308}`,
    `\\u{1F3F4}${JOIN}\\u2620${SHEET}`,
    '\\p{RGI_Emoji_Tag_Sequence}',
    '(?!\\u{1F1E8}\\u{1F1F6})\\p{RGI_Emoji_Flag_Sequence}',
    `[0-9#*]${SHEET}\\u20E3`,
    `(?![${TONELESS}])\\p{RGI_Emoji_Modifier_Sequence}`,
    // Characters that the selector turns into emoji, except those that became emoji later.
    `(?![\\u267E\\u26A7\\u26CE0-9#*])[[\\p{Emoji}--\\p{Emoji_Presentation}][\\p{Emoji}&&[\\u25FD-\\u26FD]]]${SHEET}`,
  ].join('|'),
  'gv',
)
