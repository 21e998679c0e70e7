// A script of somebody else, by its address; or code of the container's own, which is a module of the gateway's: nothing
// here is text that becomes code, so that it goes with a strict policy and with Trusted Types.

import { keys } from './core.js';
import { runs } from './run.js';
import { base } from './send.js';

const { nonce } = script;
const { warn } = window.console || {};
let policy;

// As an address that may be loaded from, where the page asks for that; a policy is made when it is needed first.
const trusted = (url) => {
  policy ||= window.trustedTypes ? trustedTypes.createPolicy('taggate-' + config.n, { createScriptURL: (same) => same }) : { createScriptURL: (same) => same };
  return policy.createScriptURL(url);
};

runs.script = (settings, told) => {
  if (settings.code) {
    import(base + '/t/' + config.n + '.' + told.tag + '.' + settings.code + '.js')
      .then((module) => module.default(told))
      .catch((error) => warn && warn('taggate: ' + told.tag, error));
    return;
  }
  const made = document.createElement('script');
  const { attributes = {}, integrity } = settings;
  keys(attributes).map((name) => made.setAttribute(name, attributes[name]));
  keys(told.data).map((name) => made.setAttribute('data-' + name, told.data[name]));
  if (integrity) {
    made.integrity = integrity;
    made.crossOrigin ||= 'anonymous';
  }
  made.async = settings.async !== false;
  made.nonce = nonce;
  made.src = trusted(settings.url);
  document.head.append(made);
};
