// The same shop in Vue with Vue Router, as its documentation shows it: a title in the route's meta, set after each page.
import { createApp, h } from 'vue';
import { createRouter, createWebHashHistory, createWebHistory, RouterLink, RouterView } from 'vue-router';

const { document, dataLayer } = window;
// Loaded when somebody comes, as from a file of its own.
const lazy = (title) => () => new Promise((done) => setTimeout(() => done({ render: () => h('h1', title) }), 20));
const page = (path, title) => ({ path, meta: { title }, component: lazy(title) });

const router = createRouter({
  history: window.inHash ? createWebHashHistory() : createWebHistory(),
  routes: [page('/', 'Shop'), page('/products/:id', 'Product'), page('/account', 'Account'), { path: '/old', redirect: '/products/8' }],
  scrollBehavior: (to, from, saved) => saved || { top: 0 },
});
router.afterEach((to) => {
  document.title = to.meta.title;
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
