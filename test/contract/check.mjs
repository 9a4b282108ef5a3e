// Checks what the service says of its contract with the ecosystems' own tools:
//
//   node check.mjs FOLDER
//
// FOLDER is a catalogue that stands alone (inventory-operator catalog --standalone). Its OpenAPI document goes
// through Spectral, its AsyncAPI document through the parser of AsyncAPI, every JSON Schema and every example
// through Ajv, and the catalogue itself through the linter of EventCatalog.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { Parser } from '@asyncapi/parser';
import { compile } from '@mdx-js/mdx';
import Ajv from 'ajv';
import addFormats from 'ajv-formats';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '../..');
const catalog = process.argv[2];
if (!catalog) {
  console.error('usage: node check.mjs FOLDER');
  process.exit(2);
}
let failures = 0;
const fail = (what, why) => {
  failures++;
  console.error(`${what}: ${why}`);
};
const read = (file) => JSON.parse(readFileSync(file, 'utf8'));
const files = (folder, ending) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
const tool = (name, ...args) => {
  try {
    execFileSync(join(here, 'node_modules/.bin', name), args, { encoding: 'utf8', stdio: 'pipe' });
  } catch (error) {
    fail(name, error.stdout + error.stderr);
  }
};

// OpenAPI.
const service = join(catalog, 'domains/inventory/services/inventory-service');
tool('spectral', 'lint', '--fail-severity', 'warn', '--ruleset', join(here, 'spectral.yaml'), join(service, 'openapi.json'));

// AsyncAPI: what is worse than a hint fails.
const { document, diagnostics } = await new Parser().parse(readFileSync(join(service, 'asyncapi.json'), 'utf8'));
for (const d of diagnostics.filter((d) => d.severity < 2)) fail('asyncapi.json', `${d.path.join('.')}: ${d.message}`);
if (!document) fail('asyncapi.json', 'cannot be parsed');

// Schemas: strict mode finds keywords that are unknown or mean nothing where they stand.
const ajv = new Ajv({ allErrors: true, strict: true, strictRequired: false, strictTypes: false });
addFormats(ajv);
const schemas = [...files(join(root, 'api/events/schemas'), '.json'), ...files(join(root, 'internal/contract/schemas'), '.json')];
for (const file of schemas) {
  const schema = read(file);
  if (schema.$schema !== 'http://json-schema.org/draft-07/schema#') fail(file, `is of the dialect ${schema.$schema}`);
  try {
    ajv.addSchema(schema);
    ajv.getSchema(schema.$id);
  } catch (error) {
    fail(file, error.message);
  }
}

// Examples, as their type says. The newest schema of a type is the one that the document has.
const messages = new Map(document?.components().messages().all().map((m) => [m.name(), m.json()]) ?? []);
let examples = 0;
for (const file of files(join(root, 'internal/contract/examples/messages'), '.json')) {
  const event = read(file);
  const schema = messages.get(event.type)?.payload?.schema ?? messages.get(event.type)?.payload;
  if (!schema) {
    fail(file, `${event.type} is no message of asyncapi.json`);
    continue;
  }
  const validate = ajv.getSchema(schema.$id) ?? ajv.compile(schema);
  if (!validate(event.data)) fail(file, ajv.errorsText(validate.errors));
  examples++;
}
for (const [name] of messages) {
  if (!messages.get(name).examples?.length) fail('asyncapi.json', `${name} has no example`);
}

// The catalogue. Its components are those that EventCatalog has.
const components = ['NodeGraph', 'SchemaViewer', 'EntityMap', 'EntityPropertiesTable'];
for (const file of files(catalog, '.mdx')) {
  const text = readFileSync(file, 'utf8').replace(/^---\n[^]*?\n---\n/, '');
  try {
    await compile(text);
  } catch (error) {
    fail(file, error.message);
  }
  for (const [, name] of text.replace(/```[^]*?```/g, '').matchAll(/<([A-Z]\w*)/g)) {
    if (!components.includes(name)) fail(file, `there is no component ${name}`);
  }
}
tool('eventcatalog-linter', catalog, '--fail-on-warning');

if (failures) process.exit(1);
console.log(`checked: openapi.json, asyncapi.json with ${messages.size} messages, ${schemas.length} schemas, ${examples} examples, the catalogue`);
