// static/snippet/*.js → static/snippet/modules.json: each module minified, all in one space of short names, so that the
// gateway joins those that a container uses. `--check` only says whether it is what would be built.

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { decode, encode } from '@jridgewell/sourcemap-codec';
import { build } from 'esbuild';
import { minify } from 'terser';

import { chained } from './chain.mjs';
import { POOL, search } from './names.mjs';

const FOLDER = fileURLToPath(new URL('..', import.meta.url));
const BUILT = join(FOLDER, 'modules.json');
const NAMES = join(FOLDER, 'tools', 'names.json');
// In this order, then the others, then the last: those that come first get the shortest names.
const FIRST = 'core json retry send queue consent history scrub variables identity'.split(' ').map((name) => name + '.js');
const LAST = 'start.js';

const rank = (name) => (name === LAST ? Infinity : FIRST.includes(name) ? FIRST.indexOf(name) - FIRST.length : 0);
const files = readdirSync(FOLDER).filter((name) => name.endsWith('.js')).sort((one, other) => rank(one) - rank(other) || (one < other ? -1 : 1));
const sources = new Map(files.map((name) => [name, readFileSync(join(FOLDER, name), 'utf8')]));

// A comment that the minifier keeps where a module begins.
const marked = {
  name: 'marked',
  setup: ({ onLoad }) =>
    onLoad({ filter: /\.js$/ }, ({ path }) => {
      const name = basename(path);
      return { contents: `/*! @${name} */${sources.get(name)}`, loader: 'js' };
    }),
};

const bundled = (parts) => build({
  stdin: { contents: files.map((name) => `import './${name}';`).join('\n'), resolveDir: FOLDER, sourcefile: 'all' },
  bundle: true,
  minifySyntax: true,
  treeShaking: false,
  legalComments: 'inline',
  format: 'esm',
  target: 'es2021',
  charset: 'ascii',
  mangleProps: /[^_]_$/,
  mangleCache: parts,
  define: { config: '$', script: '$s', base: '$b', preview: '$p' },
  sourcemap: 'external',
  sourcesContent: false,
  metafile: true,
  write: false,
  outfile: 'all.js',
  plugins: [marked],
});
const textOf = (made, end) => made.outputFiles.find(({ path }) => path.endsWith(end)).text;
// What all modules see, and the parts of objects that end in `_`, have the names of `names.json`, and the modules stand in
// its order, which were found to compress best (`npm run names`); what is new since then gets what is left.
let known = JSON.parse(readFileSync(NAMES, 'utf8'));
const options = { ecma: 2020, compress: false, format: { ascii_only: true, comments: /^!/ } };
// Inside functions too the same names each time: by how often letters occur, each change would change others.
const mangle = { toplevel: true, reserved: ['$', '_'], nth_identifier: { get: (at) => POOL[at], consider: () => {}, reset: () => {}, sort: () => {} } };
const made = await bundled(known.parts);
const needs = (name) => {
  const [, input] = Object.entries(made.metafile.inputs).find(([path]) => basename(path) === name + '.js');
  return input.imports.map((found) => basename(found.path, '.js')).sort();
};
// What is new stands before what needs it, or last but one.
known.order = known.order.filter((name) => sources.has(name + '.js'));
files.map((file) => basename(file, '.js')).reverse().filter((name) => !known.order.includes(name))
  .map((name) => known.order.splice(known.order.findIndex((other) => other == 'start' || needs(other).includes(name)), 0, name));
const seen = {};
await minify(textOf(made, '.js'), { ...options, mangle, nameCache: seen });
const shared = Object.keys(seen.vars.props);
if (process.argv.includes('--names')) {
  known = await search({ bundled, shared, parts: Object.keys(made.mangleCache), known, options: { ...options, mangle }, needs });
  writeFileSync(NAMES, JSON.stringify(known, null, 1) + '\n');
}
const left = POOL.filter((name) => !Object.values(known.names).includes(name));
const props = Object.fromEntries(shared.map((key) => [key, known.names[key.slice(1)] || left.shift()]));
const named = await bundled(known.parts);
for (const given of [props, named.mangleCache]) {
  const twice = Object.keys(given).filter((key) => Object.keys(given).some((other) => other != key && given[other] === given[key]));
  if (twice.length) throw new Error(`one name for several: ${twice.join(', ')}; one of them must go from tools/names.json`);
}
const { code, map } = await minify(textOf(named, '.js'), { ...options, mangle, nameCache: { vars: { props } }, sourceMap: { content: textOf(named, '.map') } });
if (process.env.DUMP) writeFileSync(process.env.DUMP, code);

// Where each module stands in the text; what follows a marker up to the next one is the module's.
const marks = [...code.matchAll(/\/\*! @(\w+\.js) \*\/\n?/g)];
const lines = decode(JSON.parse(map).mappings);
const starts = code.split('\n').reduce((all, line) => [...all, all.at(-1) + line.length + 1], [0]);
const flat = lines.flatMap((segments, line) => segments.filter((segment) => segment.length > 1).map(([column, , row, place]) => [starts[line] + column, 0, row, place]));

const modules = Object.fromEntries(marks.map((mark, at) => {
  const from = mark.index + mark[0].length;
  const to = marks[at + 1]?.index ?? code.length;
  const text = code.slice(from, to).trimEnd();
  const name = mark[1];
  const shifted = flat.filter(([place]) => place >= from && place < from + text.length).map(([place, ...rest]) => [place - from, ...rest]);
  const sum = createHash('sha256').update(sources.get(name)).digest('hex').slice(0, 16);
  const chain = chained(text, name);
  return [basename(name, '.js'), { needs: needs(basename(name, '.js')), sha256: sum, code: chain.text, mappings: encode([shifted.map(([place, ...rest]) => [chain.moved(place), ...rest])]) }];
}));

const text = JSON.stringify(Object.fromEntries(known.order.map((name) => [name, modules[name]])), null, 1) + '\n';
if (!process.argv.includes('--check')) writeFileSync(BUILT, text);
else if (readFileSync(BUILT, 'utf8') !== text) {
  console.error('static/snippet/modules.json is not what static/snippet/*.js gives: npm run build in static/snippet/tools');
  process.exit(1);
}
