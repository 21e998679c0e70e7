// Clients of other projects for pages, as they are: what each does of itself and by its own calls.

import { initMatomo } from '@certible/use-matomo';
import Datapunt from '@datapunt/matomo-tracker-js';
import JonKoops from '@jonkoops/matomo-tracker';
import ReactGA from 'react-ga4';
import { createApp } from 'vue';
import vueMatomo from 'vue-matomo';
import { createMemoryHistory, createRouter } from 'vue-router';

const url = location.origin;
const tracker = (Tracker) => async () => {
  const one = new Tracker({ urlBase: url, siteId: 1, userId: 'ada', configurations: { disableCookies: true, setRequestMethod: 'POST' } });
  one.trackPageView({ documentTitle: 'First', customDimensions: [{ id: 2, value: 'gold' }] });
  one.trackEvent({ category: 'Film', action: 'play', name: 'Title', value: 2, customDimensions: [{ id: 3, value: 'late' }] });
  one.trackSiteSearch({ keyword: 'shoes', category: 'men', count: 3 });
  one.trackLink({ href: 'https://x.example/', linkType: 'link' });
  one.addEcommerceItem({ sku: 's1', productName: 'Shoe', productCategory: 'Men', productPrice: 50, productQuantity: 2 });
  one.trackEcommerceOrder({ orderId: 'o1', orderRevenue: 110, orderSubTotal: 100, taxAmount: 8, shippingAmount: 2 });
  one.trackPageView({ documentTitle: 'Second', href: url + '/second' });
};

window.clients = {
  jonkoops: tracker(JonKoops),
  datapunt: tracker(Datapunt),
  vue: async () => {
    const page = { template: '<b>x</b>', render: () => null };
    const router = createRouter({
      history: createMemoryHistory(),
      routes: [{ path: '/', component: page, meta: { title: 'Home' } }, { path: '/next', component: page, meta: { title: 'Next' } }, { path: '/quiet', component: page, meta: { analyticsIgnore: true } }],
    });
    const app = createApp(page).use(router).use(vueMatomo.default, { host: url, siteId: 1, router, userId: 'ada', trackerFileName: 'matomo', preInitActions: [['setCustomDimension', 2, 'gold']] });
    await router.push('/');
    app.mount(document.body.appendChild(document.createElement('div')));
    while (!window.Piwik || !app.config.globalProperties.$matomo) await new Promise(requestAnimationFrame);
    await router.push('/next');
    await router.push('/quiet');
    app.config.globalProperties.$matomo.trackEvent('Film', 'play', 'Title', 2);
  },
  certible: async () => {
    const matomo = initMatomo({ host: url, siteId: 1, userId: 'ada', trackRouter: true });
    matomo.trackEvent('Film', 'play', 'Title', 2);
    while (!window.Matomo) await new Promise(requestAnimationFrame);
    history.pushState({}, '', '/next');
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    matomo.setUserId(null);
    matomo.trackEvent('Film', 'stop');
  },
  ga: async () => {
    ReactGA.initialize('G-ABC', { gtagUrl: url + '/t/shop.js', gtagOptions: { send_page_view: false, user_id: 'ada' } });
    ReactGA.send({ hitType: 'pageview', page: '/first', title: 'First' });
    ReactGA.event({ category: 'Film', action: 'play', label: 'Title', value: 2 });
    ReactGA.event('sign_up', { method: 'mail' });
    while (!window.taggate) await new Promise(requestAnimationFrame);
    ReactGA.set({ user_id: null });
    ReactGA.event('after');
  },
};
