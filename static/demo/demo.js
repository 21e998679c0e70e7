// The shop: three coffees, a sign-in and a consent banner, as any small shop has them. All that it tells the gateway
// goes through the data layer, `identify` and the banner's cookie; it knows nothing of tags and rules.
'use strict';

window.dataLayer = window.dataLayer || [];
window.taggate = window.taggate || function () {
  (window.taggate.q = window.taggate.q || []).push(arguments);
};

(() => {
  const SHOP = 'Acme Coffee';
  const COOKIE = 'cookie_consent';
  const HALF_A_YEAR = 15552000;

  const PEOPLE = [
    { id: 'ada', name: 'Ada', email: 'ada@example.com' },
    { id: 'ben-0042', name: 'Ben', email: 'ben@example.com' },
  ];

  const PRODUCTS = [
    {
      slug: 'sumatra', name: 'Sumatra', price: 12.9, taste: 'Cedar, dark chocolate',
      story: 'Wet-hulled in the hills above Lake Toba. Heavy, quiet, and patient with milk.',
    },
    {
      slug: 'sidamo', name: 'Sidamo', price: 14.5, taste: 'Jasmine, apricot',
      story: 'A washed Ethiopian that smells like the first warm evening of the year.',
    },
    {
      slug: 'house', name: 'House espresso', price: 9.8, taste: 'Hazelnut, caramel',
      story: 'The one in the big tin behind the counter. Forgives every grinder.',
    },
  ];

  const $ = (selector, within = document) => within.querySelector(selector);
  const euros = (amount) => new Intl.NumberFormat('en', { style: 'currency', currency: 'EUR' }).format(amount);

  const find = (path) => PRODUCTS.find((one) => path === `/product/${one.slug}`);

  function title() {
    const product = find(location.pathname);
    const thanked = location.pathname === '/thank-you' ? 'Thank you' : '';
    const name = product ? product.name : thanked;
    return name ? `${name} – ${SHOP}` : SHOP;
  }

  // Who is signed in. A real shop's server would say it in the page.

  let person = PEOPLE.find((one) => one.id === sessionStorage.getItem('acme_person')) || null;

  function tell() {
    dataLayer.push({ user: { id: person ? person.id : null } });
    if (person) taggate('identify', person.id, { traits: { email: person.email } });
  }

  function signIn(next) {
    person = next;
    sessionStorage.setItem('acme_person', person.id);
    tell();
    showAccount();
    closeMenu(true);
  }

  function signOut() {
    person = null;
    sessionStorage.removeItem('acme_person');
    tell();
    taggate('reset');
    showAccount();
    closeMenu(true);
  }

  // Before the snippet runs, so that the first page view has its title and its person.
  document.title = title();
  tell();

  function showAccount() {
    const button = $('#account-button');
    button.replaceChildren();
    if (person) button.append(avatar(person), person.name);
    else button.append('Sign in');
    $('#account-note').textContent = person ? 'Switch to' : 'Sign in as (no password: this is a demo)';
    $('#people').replaceChildren(...PEOPLE.filter((one) => one !== person).map(personButton));
    $('#sign-out').hidden = !person;
  }

  function avatar(one) {
    const face = document.createElement('span');
    face.className = `face face-${one.name.toLowerCase()}`;
    face.setAttribute('aria-hidden', 'true');
    face.textContent = one.name[0];
    return face;
  }

  function personButton(one) {
    const button = document.createElement('button');
    const id = document.createElement('small');
    button.type = 'button';
    button.className = 'person';
    button.dataset.person = one.id;
    id.textContent = `User ID ${one.id}`;
    button.append(avatar(one), one.name, id);
    button.addEventListener('click', () => signIn(one));
    return button;
  }

  function openMenu() {
    $('#account-menu').hidden = false;
    $('#account-button').setAttribute('aria-expanded', 'true');
    $('#people button').focus();
  }

  function closeMenu(focus) {
    $('#account-menu').hidden = true;
    $('#account-button').setAttribute('aria-expanded', 'false');
    if (focus) $('#account-button').focus();
  }

  // The pages.

  function clone(id) {
    return $(`#${id}`).content.cloneNode(true);
  }

  function fill(within, product) {
    $('.name', within).textContent = product.name;
    $('.taste', within).textContent = product.taste;
    $('.price', within).textContent = `${euros(product.price)} / 250 g`;
    $('.art', within).classList.add(`art-${product.slug}`);
    $('.buy', within).addEventListener('click', () => buy(product));
    $('.buy', within).setAttribute('aria-label', `Buy ${product.name}`);
    return within;
  }

  function card(product) {
    const made = fill(clone('product-card'), product);
    $('a', made).href = `/product/${product.slug}`;
    return made;
  }

  function home() {
    const view = clone('view-home');
    $('.products', view).append(...PRODUCTS.map(card));
    return view;
  }

  function detail(product) {
    const view = fill(clone('view-product'), product);
    $('.story', view).textContent = product.story;
    return view;
  }

  function thanks() {
    const said = new URLSearchParams(location.search);
    const view = clone('view-thanks');
    $('.order', view).textContent = said.get('order') || 'A-000000';
    $('.whom', view).textContent = person ? `, ${person.name}` : '';
    $('.leak', view).hidden = !said.get('email');
    return view;
  }

  function page() {
    if (location.pathname === '/') return home();
    if (location.pathname === '/thank-you') return thanks();
    const product = find(location.pathname);
    return product ? detail(product) : clone('view-missing');
  }

  function show() {
    document.title = title();
    $('#address').textContent = location.host + location.pathname + location.search;
    $('#view').replaceChildren(page());
    $('.shop-scroll').scrollTop = 0;
  }

  function go(to) {
    history.pushState(null, '', to);
    show();
    $('#view h3').focus({ preventScroll: true });
  }

  function buy(product) {
    const order = `A-${String(Date.now()).slice(-6)}`;
    dataLayer.push({ event: 'purchase', order_id: order, value: product.price, currency: 'EUR', coffee: product.slug });
    go(`/thank-you?${new URLSearchParams(person ? { order, email: person.email } : { order })}`);
  }

  // The banner.

  function choice() {
    const found = document.cookie.split('; ').find((pair) => pair.startsWith(`${COOKIE}=`));
    return found ? found.slice(COOKIE.length + 1) : '';
  }

  function ask() {
    const now = choice();
    document.querySelectorAll('[data-consent]').forEach((button) => {
      button.setAttribute('aria-pressed', String(button.dataset.consent === now));
    });
    $('#banner').hidden = false;
  }

  function answer(words) {
    document.cookie = `${COOKIE}=${words}; path=/; max-age=${HALF_A_YEAR}; samesite=lax`;
    $('#banner').hidden = true;
    $('#privacy').focus({ preventScroll: true });
  }

  function startOver() {
    document.cookie = `${COOKIE}=; path=/; max-age=0; samesite=lax`;
    sessionStorage.removeItem('acme_person');
    location.assign('/');
  }

  function follow(event) {
    const link = event.target.closest('a[data-go]');
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      go(link.getAttribute('href'));
    }
    if (!event.target.closest('.account')) closeMenu(false);
  }

  document.addEventListener('DOMContentLoaded', () => {
    showAccount();
    show();
    if (!choice()) ask();
    document.addEventListener('click', follow);
    document.addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && !$('#account-menu').hidden) closeMenu(true);
    });
    window.addEventListener('popstate', show);
    $('#account-button').addEventListener('click', () => ($('#account-menu').hidden ? openMenu() : closeMenu(false)));
    $('#sign-out').addEventListener('click', signOut);
    $('#start-over').addEventListener('click', startOver);
    $('#privacy').addEventListener('click', () => {
      ask();
      $('#banner-head').focus();
    });
    document.querySelectorAll('[data-consent]').forEach((button) => {
      button.addEventListener('click', () => answer(button.dataset.consent));
    });
  });
})();
