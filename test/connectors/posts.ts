/** Words of one's own for each event that a post can tell of. */
export const templates = {
  created: 'New: {story} (by {author})[ {link} ]',
  delivered: '{story} is ready[: "{text}"]',
  accepted: '{author} {what} {story} & <is glad>[ {link}]',
  rejected: '{author} sent {story} back[: {text}]',
  commented: '{author}: {text}[ {link}]',
}
