import { defineConnector } from '../contract/connector.ts'
import { createApi } from './api.ts'
import { check } from './check.ts'
import { baseOf, companyOf, examine, productOf, ticketUrl } from './place.ts'
import { Settings } from './settings.ts'
import { stories } from './stories.ts'

/** Get Satisfaction: ideas and problems can become stories; nothing is ever written to it. */
export default defineConnector({
  name: 'get-satisfaction',
  title: 'Get Satisfaction',
  settings: Settings,
  examine,
  ticketUrl,
  storyTypes: { byType: { idea: 'feature', problem: 'bug' }, otherwise: 'feature' },
  importSetting: null,
  plan: () => [],

  open({ company: ofCompany, product: ofProduct, base_url, email, password }, { send, now, log, pause, random }) {
    const [base, company, product] = [baseOf(base_url), companyOf(ofCompany), productOf(ofProduct)]
    if (base === null || company === null || product === null)
      throw new Error('get-satisfaction: company, product or base_url cannot be read')
    const login = email === undefined || password === undefined ? null : { email, password }
    const api = createApi({ base, company, product, login, send, now })
    const place = product === '' ? `the company ${company}` : `the product ${product} of ${company}`
    return {
      stories: () => stories(api, { log, pause, random }),
      check: () => check(api, place, { log, pause, random }),
    }
  },
})
