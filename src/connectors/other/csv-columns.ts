import type { OfParts, Part } from './ticket-parts.ts'

/**
 * What columns are called in the exports of Tracker, JIRA, Redmine, GitHub, GitLab, Mantis, Trac and Bugzilla, the most
 * telling first.
 */
const KNOWN: Readonly<Record<Part, readonly string[]>> = {
  external_id: ['issue key', 'key', 'id', '#', 'number', 'issue id', 'bug id', 'ticket id', 'ticket', 'url'],
  name: ['title', 'summary', 'subject'],
  description: ['body', 'text'],
  requested_by: ['requested by', 'reporter', 'requester', 'author', 'creator', 'created by', 'user', 'user.login'],
  created_at: [
    'created at',
    'created',
    'created on',
    'created_on',
    'date submitted',
    'created date',
    'date created',
    'created at (utc)',
    'opened',
  ],
  type: ['type', 'story type', 'story_type', 'issue type', 'issuetype', 'work item type', 'tracker', 'kind'],
  estimate: ['points', 'story points', 'custom field (story points)', 'custom field (story point estimate)'],
}

/** Redmine names them in the language of the person who exports (its config/locales). */
const IN_REDMINE: Readonly<Partial<Record<Part, string>>> = {
  name: 'aihe|assunto|asunto|chủ đề|emne|gaia|konu|mövzu|naslov|oggetto|onderwerp|perihal|predmet|předmět|subiect|subjekt|sujet|teema|tema|temat|temats|thema|tárgy|título|ämne|θέμα|гарчиг|заглавие|наслов|предмет|тема|שם נושא|الموضوع|موضوع|பொருள்|เรื่อง|主旨|主题|題名|제목',
  description:
    'apraksts|aprašas|açıklama|beschreibung|beschrijving|beskrivelse|beskrivning|descrición|descriere|descripció|descripción|descrizione|descrição|deskribapena|deskripsi|kirjeldus|kuvaus|leírás|mô tả|opis|popis|përshkrim|təsvir|περιγραφή|опис|описание|тайлбар|תיאור|الوصف|توضیح|விளக்கம்|รายละเอียด|描述|概述|説明|설명',
  requested_by:
    'auteur|autor|autore|autorius|autors|avtor|egilea|forfatter|müəllif|oluşturan|pengarang|skapare|szerző|tekijä|tác giả|συγγραφέας|автор|аутор|зохиогч|כותב|المؤلف|نویسنده|நூலாசிரியர்|ผู้แต่ง|作成者|作者|저자',
  created_at:
    'aangemaakt op|angelegt|creado|creat|creat la|creato|criado|criado em|créé|data utworzenia|dibuat|izveidots|kreirano|krijuar më|loodud|luotu|létrehozva|napravljen|oluşturulma|opprettet|oprettet|skapad|sortuta|sukurta|tạo|ustvarjen|vytvorené|vytvořeno|yaradılıb|δημιουργήθηκε|креиран|креирано|от дата|создано|створено|үүссэн|נוצר|تم الانشاء في|ساخته شده در|உருவாக்கப்பட்டது|สร้าง|作成日|创建于|建立日期|등록',
  type: "aztarnaria|i̇ş tipi|kiểu vấn đề|ndjekës|pelacak|praćenje|pėdsekys|sakstype|tapahtuma|tip de tichet|tipo|tipus d'incidència|trakeris|treker|typ zagadnienia|típus|valdkond|vrsta|vrsta zahtevka|ärendetyp|ανιχνευτής|координатор|праћење|тракер|трекер|чиглэл|סיווג|نوع بند العمل|نوع مسئله|தடம்|การติดตาม|トラッカー|跟踪|追蹤標籤|유형",
}

/** The names that a column with this part may have; only one if the settings name it. */
export function namesOf(part: Part, given: OfParts): readonly string[] {
  const own = given[part]
  return own === undefined ? [part, ...KNOWN[part], ...(IN_REDMINE[part]?.split('|') ?? [])] : [own]
}
