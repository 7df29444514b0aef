// node --import build/test/simulate/broken/break.js ...: runs with the build of BROKEN_BUILDS that BROKEN_BUILD numbers.
import { register } from 'node:module'

register('./hooks.js', import.meta.url, { data: Number(process.env.BROKEN_BUILD) })
