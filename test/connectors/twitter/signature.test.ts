import t from 'tap'
import { authorization } from '../../../src/connectors/twitter/signature.ts'

t.test('the signature equals that of the example which X publishes', async (t) => {
  const header = authorization(
    {
      key: 'xvz1evFS4wEEPTGEFPHBog',
      secret: 'kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw',
      token: {
        token: '370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb',
        secret: 'LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE',
      },
    },
    {
      method: 'post',
      url: 'https://api.x.com/1.1/statuses/update.json?include_entities=true',
      form: [['status', 'Hello Ladies + Gentlemen, a signed OAuth request!']],
      nonce: 'kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg',
      timestamp: 1318622958,
    },
  )
  t.equal(
    header,
    'OAuth oauth_consumer_key="xvz1evFS4wEEPTGEFPHBog", oauth_nonce="kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg", ' +
      'oauth_signature="Ls93hJiZbQ3akF3HF3x1Bz8%2FzU4%3D", oauth_signature_method="HMAC-SHA1", ' +
      'oauth_timestamp="1318622958", oauth_token="370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb", oauth_version="1.0"',
  )
})

t.test('parameters are sorted and encoded by the rules of RFC 5849', async (t) => {
  // The parameters are those of the example in section 3.4.1.1.
  const header = authorization(
    { key: '9djdj82h48djs9d2', secret: 'j49sk3j29djd', token: { token: 'kkk9d7dh3k39sjv7', secret: 'dh893hdasih9' } },
    {
      method: 'POST',
      url: 'http://EXAMPLE.COM:80/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b',
      form: [
        ['c2', ''],
        ['a3', '2 q'],
      ],
      nonce: '7d8f3e4a',
      timestamp: 137131201,
    },
  )
  const other = authorization(
    { key: '9djdj82h48djs9d2', secret: 'j49sk3j29djd', token: { token: 'kkk9d7dh3k39sjv7', secret: 'dh893hdasih9' } },
    {
      method: 'POST',
      url: 'http://example.com/request?a2=r%20b&a3=2%20q&a3=a&b5=%3D%253D&c%40=&c2=',
      nonce: '7d8f3e4a',
      timestamp: 137131201,
    },
  )
  t.equal(header, other, 'case, default port and the place of a parameter make no difference')
})
