// A shop in React with React Router, as its documentation shows it: data is loaded before a page, the title follows it.
import { createElement as h, useEffect } from 'react';
import { createRoot } from 'react-dom/client';
import { createBrowserRouter, Link, Outlet, redirect, RouterProvider, ScrollRestoration, useLoaderData, useNavigate } from 'react-router';

const { document, dataLayer } = window;
const soon = (value) => new Promise((done) => setTimeout(() => done(value), 200));

const Page = () => {
  const { name } = useLoaderData();
  useEffect(() => {
    document.title = name;
  }, [name]);
  return h('h1', null, name);
};

const Shop = () => {
  const go = useNavigate();
  const sign = (id, to) => () => {
    dataLayer.push({ user: { id } });
    go(to);
  };
  return h('main', null,
    h(Link, { id: 'product', to: '/products/7?color=red' }, 'Product'),
    h(Link, { id: 'old', to: '/old' }, 'Old'),
    h('button', { id: 'login', onClick: sign('alice', '/account') }, 'Sign in'),
    h('button', { id: 'other', onClick: sign('bob', '/account') }, 'Sign in as another'),
    h('button', { id: 'logout', onClick: sign(null, '/') }, 'Sign out'),
    h(Outlet), h(ScrollRestoration));
};

const page = (path, name) => ({ path, Component: Page, loader: () => soon({ name }) });
const router = createBrowserRouter([
  { Component: Shop, children: [page('/', 'Shop'), page('/products/:id', 'Product'), page('/account', 'Account'), { path: '/old', loader: () => redirect('/products/8') }] },
]);
createRoot(document.body.appendChild(document.createElement('div'))).render(h(RouterProvider, { router }));
