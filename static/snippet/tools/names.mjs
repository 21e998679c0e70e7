// Which short names what all modules see should have, so that snippets compress best: tried out, from the same start each
// time, for a few minutes (`npm run names`). Names inside functions are terser's: a name is only given where none of these
// would have to change.

import { constants, brotliCompressSync } from 'node:zlib';

import { parse } from 'acorn';
import { minify } from 'terser';

const LETTERS = [...'etnraoislcdupmghfwvkybCSITUAPLDExRqOMjzNGBVFWHJKQYXZ'];
export const POOL = LETTERS.concat(...[...'etnraois'].map((second) => LETTERS.map((first) => first + second)))
  .filter((name) => !/^(as|do|if|in|is|of)$/.test(name));
const SECONDS = Number(process.env.SECONDS || 120);
const CORE = 'core json retry send queue consent history scrub variables identity js start'.split(' ');
const TYPICAL = CORE.concat('own data_layer wrap events watch from_cookiebot on_click on_link'.split(' '));
const CALLS = /^(calls|gtag|matomo\w*|segment)$/;
// What stands around the modules (gateway/snippet/build.py), and a configuration, as far as it matters here.
const HEAD = '//# allFunctionsCalledOnLoad\n(function($,_=Reflect.get(Document.prototype,"currentScript",document),$b=_.src.replace(/(\\/t)?\\/[^/?#]*([?#].*)?$/,"")){let a=(function(){try{';
const TAIL = '}catch{}}),$p=e=>import($b+"/preview/"+$.n).then(t=>t.run(a,e),a);/taggate_preview/.test(location.href+name)?$p():document.prerendering?document.addEventListener("prerenderingchange",a):a()})({"c":{"p":["analytics"]},"n":"core","u":["g",0],"v":[["account_id","js","app.user.id","g"]]});';
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

export const search = async ({ bundle, shared, options, reserved }) => {
  const props = Object.fromEntries(shared.map((key, at) => [key, `$$${at}$`]));
  const { code } = await minify(bundle, { ...options, mangle: { toplevel: true, reserved }, nameCache: { vars: { props } } });
  const modules = Object.fromEntries(code.split('/*! @').slice(1).map((text) => [text.slice(0, text.indexOf('.js')), text.slice(text.indexOf('*/') + 2).trim()]));
  const all = Object.keys(modules).filter((name) => name != 'preview');
  const lists = { core: CORE, typical: TYPICAL, everything: all.filter((name) => !CALLS.test(name)), calls: all };
  // Odd ones are marks.
  const tokens = Object.fromEntries(Object.entries(lists).map(([name, list]) => [name, (HEAD + all.filter((each) => list.includes(each)).map((each) => modules[each]).join('') + TAIL).split(MARK)]));
  const count = (name) => tokens[name].reduce((found, token, at) => (at % 2 ? { ...found, [token]: (found[token] || 0) + 1 } : found), {});
  const [often, seldom] = [count('core'), count('calls')];
  const conflicts = taken(code, shared.length);
  const fits = (mark, name) => !conflicts[mark].has(name);

  const names = [];
  const owner = new Map();
  const give = (mark, name) => {
    if (mark === undefined) return owner.delete(name);
    names[mark] = name;
    owner.set(name, mark);
  };
  const order = shared.map((_, mark) => mark).sort((one, other) => (often[other] || 0) - (often[one] || 0) || (seldom[other] || 0) - (seldom[one] || 0));
  order.forEach((mark) => give(mark, POOL.find((name) => !owner.has(name) && fits(mark, name))));

  const text = (name) => tokens[name].map((token, at) => (at % 2 ? names[token] : token)).join('');
  const cost = (weights) => Object.entries(weights).reduce((sum, [name, weight]) => sum + weight * size(text(name)), 0);
  let seed = 7;
  const random = (below) => Math.floor(((seed = (seed * 1103515245 + 12345) % 2 ** 31) / 2 ** 31) * below);
  const climb = (marks, pool, weights) => {
    const end = Date.now() + SECONDS * 500;
    let best = cost(weights);
    while (Date.now() < end) {
      const mark = marks[random(marks.length)];
      const [old, wanted] = [names[mark], pool[random(pool.length)]];
      const other = owner.get(wanted);
      if (old == wanted || !fits(mark, wanted) || (other !== undefined && !fits(other, old))) continue;
      give(mark, wanted);
      give(other, old);
      const now = cost(weights);
      if (now <= best) best = now;
      else {
        give(mark, old);
        give(other, wanted);
      }
    }
    console.log(Object.keys(lists).map((name) => `${name} ${size(text(name))}`).join(', '));
  };
  const core = order.filter((mark) => often[mark]);
  const rest = order.filter((mark) => !often[mark]);
  climb(core, [...new Set([...LETTERS, ...core.map((mark) => names[mark])])], { core: 2, typical: 1 });
  climb(rest, rest.map((mark) => names[mark]), { everything: 2, calls: 1 });
  return Object.fromEntries(shared.map((key, mark) => [key.slice(1), names[mark]]));
};
