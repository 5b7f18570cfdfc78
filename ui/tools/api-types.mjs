// Writes the types of the API for the pages, from the description that the server has: `npm run api`. With `--check` it only
// tells whether they are as they should be.
import { readFileSync, writeFileSync } from 'node:fs';
import openapiTS, { astToString, stringToAST } from 'openapi-typescript';

const DESCRIPTION = new URL('../../openapi.json', import.meta.url);
const TYPES = new URL('../src/lib/api.gen.ts', import.meta.url);

/** Texts of which TypeScript knows more than that they are some. */
const TEXTS = {
  Source: '`city:${string}` | `cohost:${string}` | `clip:${string}` | `still:${string}` | `colour:#${string}` | "bars" | "slate" | "black"',
  StripId: '`city:${string}` | `cohost:${string}` | `clip:${string}` | `music:${string}` | `talkback:${string}` | "bars"',
  Mix: '"program" | "radio" | `return:${string}` | `call:${string}` | `monitor:${string}`',
  TalkTo: '"all" | "cities" | "cohosts" | `city:${string}` | `cohost:${string}`',
  Audience: '"director" | "all" | "cities" | "cohosts" | `city:${string}` | `cohost:${string}`',
};

/** Fields that the server leaves out where they are as usual: a page cannot count on them. Others with a default always come. */
const LEFT_OUT = { Composition: ['bugs', 'fit', 'when_lost'], Picture: ['bugs'], PictureBox: ['fit'] };
/** Fields that may be left out of what is asked, and always come in what is told. */
const ALWAYS_TOLD = {
  Media: ['clips', 'flaws', 'music', 'stills', 'stingers', 'templates'],
  Settings: ['calls', 'guard', 'sound'],
  SoundRule: ['ducking', 'loudness'],
  Strip: ['processing'],
  Processing: ['compressor', 'delay_ms', 'gain_db', 'gate', 'high_pass_hz', 'mono', 'pan'],
  Gate: ['attack_ms', 'hold_ms', 'range_db', 'release_ms', 'threshold_db'],
  Compressor: ['attack_ms', 'make_up_db', 'ratio_tenths', 'release_ms', 'threshold_db'],
};

function transform(_, { path }) {
  const text = TEXTS[/^#\/components\/schemas\/(\w+)$/.exec(path ?? '')?.[1] ?? ''];
  return text && stringToAST(`type T = ${text};`)[0].type;
}

// The pages ask for addresses by themselves: what they need is the form of what goes over the wire.
const { openapi, info, components } = JSON.parse(readFileSync(DESCRIPTION, 'utf8'));
for (const [type, fields] of Object.entries(LEFT_OUT)) for (const field of fields) delete components.schemas[type].properties[field].default;
for (const [type, fields] of Object.entries(ALWAYS_TOLD)) (components.schemas[type].required ??= []).push(...fields);
const nodes = await openapiTS({ openapi, info, paths: {}, components: { schemas: components.schemas } }, {
  transform,
  immutable: true,
  alphabetize: true,
  rootTypes: true,
  rootTypesNoSchemaPrefix: true,
  rootTypesKeepCasing: true,
});
const text = `// Written by \`npm run api\` from openapi.json: change the server's types instead.\n\n${astToString(nodes)}`;

if (!process.argv.includes('--check')) {
  writeFileSync(TYPES, text);
} else if (readFileSync(TYPES, 'utf8') !== text) {
  console.error('src/lib/api.gen.ts is not what openapi.json says: run `npm run api`.');
  process.exit(1);
}
