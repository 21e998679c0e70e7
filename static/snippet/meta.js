// <meta name> and <meta property>.

import { kinds } from './core.js';

kinds.meta = (name) => document.querySelector(['name', 'property'].map((word) => 'meta[' + word + '=' + CSS.escape(name) + ' i]'))?.content;
