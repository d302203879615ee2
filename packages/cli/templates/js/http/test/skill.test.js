import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createEngine } from '@skill-engine/engine';

let engine;
before(async () => {
  engine = await createEngine({ home: './node_modules/.cache/skill-engine' });
  await engine.load('.', { grant: 'declared' });
});
after(() => engine.close());

test('wrong parameters never reach the skill', async () => {
  const { error } = await engine.execute('{{name}}', 'repository', { owner: 'a/b', name: 'c' });
  assert.equal(error?.code, 'INVALID_PARAMETERS');
});
