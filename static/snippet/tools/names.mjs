// Which short names what all modules see should have, and parts of objects that end in `_`, and in which order the modules
// should stand, so that snippets compress best: tried out for a few minutes, from the names there are (`npm run names`, with `SECONDS` in the environment). Names inside
// functions are terser's: a name is only given where none of these would have to change.

import { constants, brotliCompressSync } from 'node:zlib';

import { parse } from 'acorn';
import { minify } from 'terser';

import { chained } from './chain.mjs';

const LETTERS = [...'etnroaislcdupmghfwvkybCSITUAPLDExRqOMjzNGBVFWHJKQYXZ'];
export const POOL = LETTERS.concat(...[...'etnroais'].map((second) => LETTERS.map((first) => first + second)))
  .filter((name) => !/^(as|do|if|in|is|of)$/.test(name));
const SECONDS = Number(process.env.SECONDS || 120);
const CORE = 'core json send queue retry consent history scrub variables identity js start'.split(' ');
const TYPICAL = CORE.filter((name) => name != 'js').concat('own fresh data_layer wrap events watch from_cookiebot on_click on_link'.split(' '));
const CALLS = /^(calls|gtag|matomo\w*|segment)$/;
// What stands around the modules (gateway/snippet/build.py), with the configurations of tests/snippet/sizes.
const HEAD = '//# allFunctionsCalledOnLoad\n(function($,$s=Reflect.get(HTMLDocument.prototype,"currentScript",document),$b=$s.src.split(/(\\/t)?\\/[^/?#]*([?#]|$)/)[0]){let a=(function(){try{';
const TAIL = '}catch{}}),$p=e=>import($b+"/preview/"+$.n).then(t=>t.run(a,e),a);(location.href+window.name).includes("taggate_preview")?$p():document.prerendering?document.addEventListener("prerenderingchange",a):a()})';
const CONFIGS = {
  core: '({c:{"p":["analytics"]},n:"core",u:["g",0],v:[["account_id","js","app.user.id","g"]]});\n',
  typical: '({c:{"b":["statistics","marketing"],"p":["analytics","marketing"]},e:[["buy","click",0,0,"button.buy"],["away","link",0,0,"outbound",["www.shop.example"]]],n:"typical",u:["g.",0],v:[["account_id","data_layer","user.id","g."],["plan","data_layer","user.plan"]]});\n',
};
const MARK = /\$\$(\d+)\$/;

const size = (text) => brotliCompressSync(Buffer.from(text), { params: { [constants.BROTLI_PARAM_MODE]: 1, [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: text.length } }).length;
const inner = (node) => Object.values(node).flat().filter((value) => value && typeof value.type == 'string');
const isFunction = (node) => /Function/.test(node.type);

// What a pattern, or all that stands in a function outside of others, declares.
const declared = (node) => {
  if (!node) return [];
  if (node.type == 'Identifier') return [node.name];
  if (node.type == 'Property') return declared(node.value);
  if (node.type == 'AssignmentPattern') return declared(node.left);
  if (/Pattern$|RestElement/.test(node.type)) return inner(node).flatMap(declared);
  return [];
};
const within = (node) => [
  ...(node.type == 'VariableDeclarator' ? declared(node.id) : node.type == 'CatchClause' ? declared(node.param) : []),
  ...inner(node).flatMap((each) => (isFunction(each) ? declared(each.id) : within(each))),
];

// For each mark the names that functions around its uses have for themselves.
const taken = (code, marks) => {
  const found = Array.from({ length: marks }, () => new Set());
  const walk = (node, around) => {
    const mark = node.type == 'Identifier' && MARK.exec(node.name);
    if (mark) around.forEach((name) => found[mark[1]].add(name));
    const deeper = isFunction(node) ? [...around, ...node.params.flatMap(declared), ...declared(node.id), ...within(node.body)] : around;
    inner(node).forEach((each) => walk(each, deeper));
  };
  walk(parse(code, { ecmaVersion: 2022, sourceType: 'module' }), []);
  return found;
};

// What stands after another module though it does not import it: it takes the place of something, or acts later on the same.
const AFTER = [
  'core json queue variables identity data_layer details events gtag matomo matomo_consent matomo_content matomo_links segment traits start',
  'queue scrub', 'queue address', 'consent matomo_consent', 'history matomo',
].map((line) => line.split(' '));
// These import each other, and use nothing of it before all begins.
const TOGETHER = ['send', 'queue', 'retry'];

// Whether all modules stand after what they need.
const stands = (order, needs) => {
  const place = Object.fromEntries(order.map((name, at) => [name, at]));
  const after = (name) => (/^(from_.*|words)$/.test(name) ? ['identity'] : []);
  return AFTER.every((line) => line.every((name, at) => !at || place[line[at - 1]] < place[name])) && order.at(-1) == 'start'
    && order.every((name) => [...needs(name), ...after(name)].every((need) => (TOGETHER.includes(name) && TOGETHER.includes(need)) || place[need] < place[name]));
};

export const search = async ({ bundled, shared, parts, known, options, needs }) => {
  // Marks stand for all names; those of parts, which are another matter, come last.
  // A variable may be called as a part is.
  const all = shared.map((key) => key.slice(1)).concat(parts);
  const mark = (at) => `$$${at}$`;
  const isPart = (at) => at >= shared.length;
  const { outputFiles } = await bundled(Object.fromEntries(parts.map((key, at) => [key, mark(shared.length + at)])));
  const bundle = outputFiles.find(({ path }) => path.endsWith('.js')).text;
  const props = Object.fromEntries(shared.map((key, at) => [key, mark(at)]));
  const { code } = await minify(bundle, { ...options, nameCache: { vars: { props } } });
  const modules = Object.fromEntries(code.split('/*! @').slice(1).map((text) => {
    const name = text.slice(0, text.indexOf(' '));
    return [name.slice(0, -3), chained(text.slice(text.indexOf('*/') + 2).trim(), name).text];
  }));
  const files = known.order.filter((name) => name != 'preview');
  const lists = { core: CORE, typical: TYPICAL, everything: files.filter((name) => !CALLS.test(name)), calls: files };
  // Odd ones are marks.
  const tokens = {};
  const join = () => Object.entries(lists).map(([name, list]) => (tokens[name] = (HEAD + files.filter((each) => list.includes(each)).map((each) => modules[each]).join('') + TAIL + (CONFIGS[name] || CONFIGS.typical)).split(MARK)));
  join();
  const count = (name) => tokens[name].reduce((found, token, at) => (at % 2 ? { ...found, [token]: (found[token] || 0) + 1 } : found), {});
  const [often, seldom] = [count('core'), count('calls')];
  const conflicts = taken(code, all.length);
  const fits = (at, name) => (isPart(at) ? name.length == 1 : !conflicts[at].has(name));

  const names = [];
  const owner = new Map();
  const space = (at, name) => (isPart(at) ? '.' : '') + name;
  const give = (at, name) => {
    names[at] = name;
    owner.set(space(at, name), at);
  };
  const order = all.map((_, at) => at).sort((one, other) => (often[other] || 0) - (often[one] || 0) || (seldom[other] || 0) - (seldom[one] || 0));
  const before = all.map((key, at) => (isPart(at) ? known.parts : known.names)[key]);
  const free = (at, name) => name && !owner.has(space(at, name)) && fits(at, name);
  order.forEach((at) => free(at, before[at]) && give(at, before[at]));
  order.forEach((at) => names[at] || give(at, POOL.find((name) => free(at, name))));

  const text = (name) => tokens[name].map((token, at) => (at % 2 ? names[token] : token)).join('');
  const cost = (weights) => Object.entries(weights).reduce((sum, [name, weight]) => sum + weight * size(text(name)), 0);
  const random = (below) => Math.floor(Math.random() * below);
  const told = () => console.log(Object.keys(lists).map((name) => `${name} ${size(text(name))}`).join(', '));
  // A module at another place.
  const move = (among, undo) => {
    const before = [...files];
    const [name] = files.splice(files.indexOf(among[random(among.length)]), 1);
    files.splice(files.indexOf(among[random(among.length)]) + random(2), 0, name);
    if (!stands(files, needs)) return void files.splice(0, Infinity, ...before);
    join();
    if (!undo()) return;
    files.splice(0, Infinity, ...before);
    join();
  };
  const climb = (marks, weights, among) => {
    const end = Date.now() + SECONDS * 333;
    let best = cost(weights);
    const worse = () => {
      const now = cost(weights);
      if (now > best) return true;
      best = now;
    };
    while (Date.now() < end) {
      if (!random(3)) {
        move(among, worse);
        continue;
      }
      const at = marks[random(marks.length)];
      const others = marks.filter((other) => isPart(other) == isPart(at));
      const old = names[at];
      const wanted = random(3) ? names[others[random(others.length)]] : LETTERS[random(LETTERS.length)];
      const other = owner.get(space(at, wanted));
      if (old == wanted || !fits(at, wanted) || (other !== undefined && (!marks.includes(other) || !fits(other, old)))) continue;
      owner.delete(space(at, old));
      give(at, wanted);
      if (other !== undefined) give(other, old);
      if (!worse()) continue;
      owner.delete(space(at, wanted));
      give(at, old);
      if (other !== undefined) give(other, wanted);
    }
    told();
  };
  told();
  climb(order.filter((at) => often[at]), { core: 2, typical: 1 }, TYPICAL);
  climb(order.filter((at) => !often[at]), { everything: 2, calls: 1 }, files.filter((name) => !TYPICAL.includes(name)));
  climb(order, { core: 2, typical: 1, everything: 2, calls: 2 }, files);
  const found = (of) => Object.fromEntries(all.map((key, at) => [key, names[at]]).filter((_, at) => isPart(at) == of));
  return { names: found(false), parts: found(true), order: [...files.slice(0, -1), ...known.order.filter((name) => !files.includes(name)), 'start'] };
};
