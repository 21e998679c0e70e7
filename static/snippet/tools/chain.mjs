// All that stands outside of functions is one declaration through all modules of a snippet: `var a=…,b=…,_=call(),c=…`. What
// declares nothing stands behind `_=`.

import { parse } from 'acorn';

const FIRST = 'core.js';
const LAST = 'start.js';
const fits = ({ type }) => /^(VariableDeclaration|ExpressionStatement)$/.test(type);

// The module as a part of it, and where each place of the text went.
export const chained = (text, name) => {
  const { body } = parse(text, { ecmaVersion: 2022, sourceType: 'module' });
  if (text.includes('\n') || !body.every((node) => fits(node) && text[node.end - 1] == ';')) {
    throw new Error(`${name} cannot be joined: it has a line break, no semicolon at its end, or a statement that is no expression`);
  }
  const edits = [[0, 0, name == FIRST ? 'var ' : '']]; // where, how much goes, what comes
  body.forEach((node) => {
    if (node.declarations) edits.push([node.start, node.declarations[0].start - node.start, '']);
    else (node.expression.expressions || [node.expression]).forEach(({ start }) => edits.push([start, 0, '_=']));
    if (name != LAST || node != body.at(-1)) edits.push([node.end - 1, 1, ',']);
  });
  return {
    text: edits.reduceRight((rest, [at, gone, come]) => rest.slice(0, at) + come + rest.slice(at + gone), text),
    moved: (place) => edits.reduce((sum, [at, gone, come]) => (at <= place ? sum + come.length - Math.min(gone, place - at) : sum), place),
  };
};
