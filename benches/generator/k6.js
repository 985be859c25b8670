// The same deposit for k6: k6 run -e URL=http://127.0.0.1:3999 -e SECONDS_EACH=10 k6.js
// With -e CHECK=1 each answer is checked, as deposit.lua does it.
import http from 'k6/http';
import { check } from 'k6';

export const options = {
  vus: 64,
  duration: `${__ENV.SECONDS_EACH}s`,
  // Anything but a 200 makes k6 fail.
  thresholds: { http_req_failed: ['rate==0'] },
};

const url = `${__ENV.URL}/deposit`;
const params = { headers: { 'content-type': 'application/json' } };

export default function () {
  const res = http.post(url, JSON.stringify({ userId: 1, amount: 10 }), params);
  if (__ENV.CHECK) check(res, { 'is 200': (r) => r.status === 200 });
}
