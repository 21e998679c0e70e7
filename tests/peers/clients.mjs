// Sends with matomo-tracker and @segment/analytics-node as they are, and prints what they said of it.
// node clients.mjs URL TOKEN_AUTH WRITE_KEY PAGE

import { Analytics } from '@segment/analytics-node';
import MatomoTracker from 'matomo-tracker';

const [url, token, key, page] = process.argv.slice(2);
const told = { matomo: [], bulk: null, refused: [], segment: [] };

const matomo = new MatomoTracker(1, url + '/matomo.php');
matomo.on('error', (error) => told.matomo.push(error));
const person = { url: page + '?u=alice', uid: 'alice', cip: '192.0.2.7', ua: 'Chrome', _id: '0123456789abcdef', consent: 1, token_auth: token };
matomo.track({ ...person, action_name: 'Start of alice' });
matomo.track({ url: page, cip: '192.0.2.7', token_auth: 'wrong' });
await new Promise((done) =>
  matomo.trackBulk(
    [
      { ...person, e_c: 'Videos', e_a: 'play', e_n: 'Film of alice', e_v: 2 },
      { ...person, idgoal: 0, ec_id: 'o1', revenue: 59.9, ec_items: JSON.stringify([['s1', 'Shoe', 'men', 29.95, 2]]) },
      { url: page, uid: 'bob', token_auth: token },
      { url: page, cip: '192.0.2.7' },
    ],
    (answer) => done((told.bulk = JSON.parse(answer))),
  ),
);

const send = async (writeKey, calls) => {
  const analytics = new Analytics({ host: url, writeKey, maxRetries: 0, flushInterval: 10 });
  const wrong = [];
  analytics.on('error', (error) => wrong.push(error.code));
  calls(analytics);
  await analytics.closeAndFlush();
  return wrong;
};
const context = { ip: '192.0.2.8', userAgent: 'Safari', locale: 'de', page: { url: page + '?u=carol' }, consent: { categoryPreferences: { statistics: true, ads: false } } };
told.segment = await send(key, (analytics) => {
  analytics.identify({ userId: 'carol', traits: { email: 'carol@example.com' }, context });
  analytics.page({ userId: 'carol', name: 'Start of carol', properties: { url: page, title: 'Start' }, context });
  analytics.track({ userId: 'carol', event: 'Order Completed', properties: { order_id: 'o2', total: 5, products: [{ sku: 's1', price: 5 }] }, context });
  analytics.track({ anonymousId: 'anna-1', event: 'Signed Up', properties: { plan: 'gold' } });
  analytics.group({ userId: 'carol', groupId: 'acme-ltd', context });
  analytics.alias({ userId: 'carol', previousId: 'anna-1', context });
});
told.refused = await send('wrong', (analytics) => analytics.track({ userId: 'carol', event: 'x' }));

process.stdout.write(JSON.stringify(told));
