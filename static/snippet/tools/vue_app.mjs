// The same shop in Vue with Vue Router, as its documentation shows it: data is loaded after the address has changed, the title
// follows the data.
import { createApp, h, ref, watch } from 'vue';
import { createRouter, createWebHashHistory, createWebHistory, RouterLink, RouterView, useRoute } from 'vue-router';

const { document, dataLayer } = window;
const soon = (value) => new Promise((done) => setTimeout(() => done(value), 200));
const component = {
  setup() {
    const route = useRoute();
    const name = ref('');
    watch(() => route.fullPath, async () => {
      name.value = '';
      document.title = name.value = await soon(route.meta.title);
    }, { immediate: true });
    return () => (name.value ? h('h1', name.value) : h('p', 'Loading'));
  },
};
const page = (path, title) => ({ path, meta: { title }, component });

const router = createRouter({
  history: window.inHash ? createWebHashHistory() : createWebHistory(),
  routes: [page('/', 'Shop'), page('/products/:id', 'Product'), page('/account', 'Account'), { path: '/old', redirect: '/products/8' }],
  scrollBehavior: (to, from, saved) => saved || { top: 0 },
});

const sign = (id, to) => () => {
  dataLayer.push({ user: { id } });
  router.push(to);
};
createApp(() => h('main', [
  h(RouterLink, { id: 'product', to: '/products/7?color=red' }, () => 'Product'),
  h(RouterLink, { id: 'old', to: '/old' }, () => 'Old'),
  h('button', { id: 'login', onClick: sign('alice', '/account') }, 'Sign in'),
  h('button', { id: 'other', onClick: sign('bob', '/account') }, 'Sign in as another'),
  h('button', { id: 'logout', onClick: sign(null, '/') }, 'Sign out'),
  h(RouterView),
])).use(router).mount(document.body.appendChild(document.createElement('div')));
