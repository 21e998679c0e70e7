// A script of somebody else, by its address; or code of the container's own, which is a module of the gateway's: nothing
// here is text that becomes code, so that it goes with a strict policy and with Trusted Types.

import { gate, keys } from './core.js';
import { runs } from './run.js';

const { nonce } = script;
const { warn } = window.console || {};
const last = { __proto__: null };
const plain = { createScriptURL: (url) => url };
let policy; // of Trusted Types: made when it is needed first, and nobody else's

runs.script = (settings, told) => {
  if (settings.code) {
    const { page_ } = gate;
    const complain = (error) => warn?.('taggate: ' + told.tag, error);
    const loaded = import(base + '/t/' + config.n + '.' + told.tag + '.' + settings.code + '.js');
    // In the order of the hits: of two imports either may be first.
    last[told.tag] = Promise.all([loaded, last[told.tag]]).then(([module]) => {
      // Was the choice taken back while the code was on its way?
      if (page_ == gate.page_) module.default(told).catch(complain);
    }, complain);
    return;
  }
  const made = document.createElement('script');
  const { attributes = {} } = settings;
  keys(attributes).map((name) => made.setAttribute(name, attributes[name]));
  keys(told.data).map((name) => made.setAttribute('data-' + name, told.data[name]));
  made.async = settings.async !== false;
  made.nonce = nonce;
  policy ||= window.trustedTypes ? trustedTypes.createPolicy('taggate-' + config.n, plain) : plain;
  made.src = policy.createScriptURL(settings.url);
  document.head.append(made);
};
