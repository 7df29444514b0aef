import { Ajv } from 'ajv'
import t from 'tap'
import { commonSchema } from '../../src/config/common-settings.ts'
import { rootSchema } from '../../src/config/schema.ts'
import { loadConnectors } from '../../src/connectors/registry.ts'

t.test('every schema that a config is checked against is a valid JSON schema', async (t) => {
  const ajv = new Ajv({ strict: false })
  const connectors = await loadConnectors()
  const schemas = [rootSchema, commonSchema, ...connectors.map(({ settings }) => settings)]
  for (const schema of schemas) t.ok(ajv.validateSchema(schema), ajv.errorsText())
  t.notOk(ajv.validateSchema({ type: 'strung' }), 'one that is not is found')
})
