import t from 'tap'
import type { CommentEffect } from '../../../src/connectors/contract/effect.ts'
import { markerOf } from '../../../src/connectors/kit/marker.ts'
import { type TicketChoice, ticketEffects } from '../../../src/connectors/kit/ticket-effects.ts'
import { deedOf, plainWords, wordedBlocks } from '../../../src/connectors/kit/wording.ts'
import type { Attachment, Comment } from '../../../src/tracker/activity.ts'
import { exampleActivity, exampleStory } from '../../harness.ts'

const file: Attachment = {
  kind: 'file',
  id: '21',
  name: 'screen.png',
  contentType: 'image/png',
  size: 82382,
  url: '/attachments/0000/0021/screen.png',
}
const document: Attachment = { ...file, kind: 'google_drive', name: 'Spec', url: 'https://docs.example/d/abc' }

const said = (text: string, more: Partial<CommentEffect> = {}): CommentEffect => ({
  kind: 'comment',
  storyId: '109',
  author: 'James Kirk',
  text,
  commentId: '7',
  ...more,
})

function planned(comment: Partial<Comment>, comments: TicketChoice['comments'], format: 'xml' | 'json' = 'xml') {
  const story = exampleStory({ comments: [{ id: '7', change: 'create', text: '', ...comment }] })
  return ticketEffects({ ...exampleActivity(story), format }, { comments, states: true })
}

t.test('a new comment is planned, as Markdown if it came by v5', async (t) => {
  t.strictSame(planned({ text: 'Hello' }, true), [said('Hello')])
  t.strictSame(planned({ text: 'Hello' }, true, 'json'), [said('Hello', { markup: 'markdown' })])
  t.strictSame(planned({ text: 'Hello' }, {}), [said('Hello')], 'also if only edits and deletions are spoken of')
  t.strictSame(planned({ text: 'Hello' }, false), [])
  t.strictSame(planned({ text: ' \n' }, true), [])
  t.strictSame(planned({ text: `From JIRA ${markerOf('x')}` }, true), [], 'but not what a relay wrote')
})

t.test('a comment of files alone is a comment; only a web address is a link', async (t) => {
  const attachments = [
    { name: 'screen.png', url: null },
    { name: 'Spec', url: 'https://docs.example/d/abc' },
  ]
  t.strictSame(planned({ attachments: [file, document] }, true, 'json'), [said('', { attachments })])
  t.strictSame(planned({ text: 'See', attachments: [file, document] }, true), [said('See', { attachments })])
  t.strictSame(planned({ attachments: [{ ...file, url: 'javascript:alert(1)' }] }, true), [
    said('', { attachments: [{ name: 'screen.png', url: null }] }),
  ])
})

t.test('edited and deleted comments are planned only if that is asked for, and never as new ones', async (t) => {
  const edit = { change: 'update', text: 'New' } as const
  const deletion = { change: 'delete', text: 'gone' } as const
  for (const choice of [true, false, {}, { edits: 'ignore', deletions: 'ignore' }] as const) {
    t.strictSame(planned(edit, choice), [], JSON.stringify(choice))
    t.strictSame(planned(deletion, choice), [], JSON.stringify(choice))
  }
  const both = { edits: 'note', deletions: 'note' } as const
  t.strictSame(planned(edit, { edits: 'note' }, 'json'), [said('New', { markup: 'markdown', change: 'update' })])
  t.strictSame(planned(edit, { deletions: 'note' }), [])
  t.strictSame(planned({ change: 'update', text: '' }, both), [], 'an edit that Tracker did not tell the text of')
  t.strictSame(planned(deletion, both), [said('', { change: 'delete' })], 'without the text that was deleted')
  t.strictSame(planned(deletion, { edits: 'note' }), [])
  t.strictSame(
    [said('x'), ...planned(edit, both), ...planned(deletion, both)].map(
      (effect) => 'commentId' in effect && deedOf(effect),
    ),
    ['commented', 'edited a comment', 'deleted a comment'],
  )
})

t.test('files are said after the text, line by line', async (t) => {
  const attachments = [
    { name: 'a  \n b.png', url: null },
    { name: null, url: 'https://x.example/1' },
  ]
  t.equal(plainWords({ text: 'See\n', attachments }), 'See\n\nAttached: a b.png\nAttached: a file https://x.example/1')
  t.equal(plainWords({ text: null, attachments }), 'Attached: a b.png\nAttached: a file https://x.example/1')
  t.equal(plainWords({ text: ' as it is \n' }), ' as it is \n')
  t.strictSame(wordedBlocks({ text: '*x*', attachments }), [
    { type: 'paragraph', children: [{ type: 'text', text: '*x*' }] },
    {
      type: 'paragraph',
      children: [
        { type: 'text', text: 'Attached: ' },
        { type: 'text', text: 'a b.png' },
        { type: 'break' },
        { type: 'text', text: 'Attached: ' },
        { type: 'link', url: 'https://x.example/1', children: [{ type: 'text', text: 'a file' }] },
      ],
    },
  ])
})
