import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertFails, assertSucceeds, testSkill } from '@skill-engine/testing';

const token = 'token-of-the-operator';
const http = {
  'GET https://api.github.com/repos/o/n': { json: { stars: 7, owner: { login: 'o' } } },
  'GET https://api.github.com/echo': ({ headers }) => ({ json: { got: headers.authorization } }),
  'GET https://api.github.com/limited': { status: 403, headers: { 'x-ratelimit-remaining': '0' } },
  'GET https://api.github.com/page': { body: '<html>' },
};
const open = () => testSkill(import.meta.dirname, { http, credentials: { api_token: token } });

test('sends the token to the API, and gets JSON', async () => {
  await using skill = await open();
  const result = await skill.run('get', { path: '/repos/o/n' });
  assertSucceeds(result, { stars: 7, owner: { login: 'o' } });
  assert.equal(result.requests[0].headers.authorization, `Bearer ${token}`);
});

test('never sees the token itself, not even where the API repeats it', async () => {
  await using skill = await open();
  const result = await skill.run('get', { path: '/echo' });
  assertSucceeds(result);
  assert.equal(JSON.stringify(result).includes(`"got":"Bearer ${token}`), false);
  assert.equal(JSON.stringify(result.value).includes(token), false);
  assert.equal(JSON.stringify(result.audit).includes(token), false);
});

test('picks one member, and none that an object only inherits', async () => {
  await using skill = await open();
  assertSucceeds(await skill.run('get', { path: '/repos/o/n', member: 'owner.login' }), 'o');
  assertFails(await skill.run('get', { path: '/repos/o/n', member: 'constructor' }), 'TOOL_FAILED');
});

test('what is no success, or no JSON, is an error with a code', async () => {
  await using skill = await open();
  const limited = await skill.run('get', { path: '/limited' });
  assertFails(limited, 'TOOL_FAILED');
  assert.equal(limited.error.details.toolCode, 'status');
  const page = await skill.run('get', { path: '/page' });
  assert.equal(page.error.details.toolCode, 'not-json');
});

test('no path makes it another host', async () => {
  await using skill = await open();
  const result = await skill.run('get', { path: '@evil.example/' });
  assertFails(result, 'INVALID_PARAMETERS');
  assert.equal(result.requests.length, 0);
});
