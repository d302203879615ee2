import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createEngine } from '@skill-engine/engine';

let engine;
before(async () => {
  engine = await createEngine({ home: './node_modules/.cache/skill-engine' });
  await engine.load('.', { grant: 'declared' });
});
after(() => engine.close());

test('finds lines', async () => {
  const { value } = await engine.execute('{{name}}', 'find', { text: 'fox' });
  assert.deepEqual(
    value.found.map(({ file, line }) => [file, line]),
    [['example.txt', 1]],
  );
});

test('wrong parameters never reach the skill', async () => {
  const { error } = await engine.execute('{{name}}', 'find', {});
  assert.equal(error?.code, 'INVALID_PARAMETERS');
});
