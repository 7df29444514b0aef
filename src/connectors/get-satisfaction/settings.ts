import { type Static, Type } from 'typebox'

export const Settings = Type.Object(
  {
    company: Type.String({
      description:
        'The company, as in the URL of its community: "acme" for getsatisfaction.com/acme; a pasted URL works too.',
      minLength: 1,
      examples: ['acme'],
    }),
    product: Type.String({
      description:
        'Only the topics of this product: "acme_rockets" for getsatisfaction.com/acme/products/acme_rockets; blank for the whole company.',
      default: '',
      examples: ['acme_rockets'],
    }),
    base_url: Type.String({
      description:
        'The URL of the API. Get Satisfaction has closed, so set the URL of an archive, or of a program that answers as it did.',
      minLength: 1,
      default: 'https://api.getsatisfaction.com',
    }),
    email: Type.Optional(
      Type.String({
        description: 'The email address of a member, if the community is not public.',
        minLength: 1,
        examples: ['relay@acme.example.com'],
      }),
    ),
    password: Type.Optional(Type.String({ description: "That member's password.", minLength: 1, writeOnly: true })),
  },
  { additionalProperties: false },
)
export type Settings = Static<typeof Settings>
