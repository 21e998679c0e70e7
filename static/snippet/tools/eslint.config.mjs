import js from '@eslint/js';
import globals from 'globals';

// What banners put into the page.
const BANNERS = ['__tcfapi', 'cmplz_get_cookie', 'Cookiebot', 'getCkyConsent', 'klaro', 'klaroConfig', 'tarteaucitron', 'Didomi', 'OneTrust', 'OnetrustActiveGroups', 'Osano', 'UC_UI'];

export default [
  js.configs.recommended,
  {
    files: ['static/snippet/*.js'],
    languageOptions: { ecmaVersion: 2021, sourceType: 'module', globals: { ...globals.browser, navigation: 'readonly', config: 'readonly', base: 'readonly', preview: 'readonly', script: 'readonly', taggate: 'readonly', ...Object.fromEntries(BANNERS.map((name) => [name, 'readonly'])) } },
    rules: {
      'no-console': 'error',
      'no-eval': 'error',
      'no-implied-eval': 'error',
      'no-new-func': 'error',
      'no-undef': 'error',
      'no-unused-vars': 'error',
      'no-use-before-define': 'off',
      'no-control-regex': 'off',
      'no-cond-assign': ['error', 'except-parens'],
      'no-empty': ['error', { allowEmptyCatch: false }],
      'prefer-const': 'error',
      eqeqeq: 'off',
      'no-restricted-properties': ['error', { property: 'innerHTML' }, { property: 'outerHTML' }, { property: 'insertAdjacentHTML' }, { object: 'document', property: 'write' }],
      'max-len': ['error', { code: 180 }],
    },
  },
  {
    files: ['static/preview/*.js'],
    languageOptions: { ecmaVersion: 2022, sourceType: 'module', globals: globals.browser },
    rules: {
      'no-eval': 'error',
      'no-unused-vars': 'error',
      'prefer-const': 'error',
      eqeqeq: 'off',
      'no-restricted-properties': ['error', { property: 'innerHTML' }, { property: 'outerHTML' }, { property: 'insertAdjacentHTML' }, { object: 'document', property: 'write' }],
    },
  },
  { files: ['static/snippet/tools/*.mjs'], languageOptions: { ecmaVersion: 2023, sourceType: 'module', globals: { ...globals.node, window: 'writable' } } },
];
