import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createEngine } from '@skill-engine/engine';

let engine;
before(async () => {
  engine = await createEngine({ home: './node_modules/.cache/skill-engine' });
  await engine.load('.', { grant: 'declared' });
});
after(() => engine.close());

test('counts', async () => {
  const { value } = await engine.execute('{{name}}', 'readability', {
    text: 'It rains. We stay inside today.',
    longest: 1,
  });
  assert.deepEqual(value, { sentences: 2, words: 6, wordsPerSentence: 3, longest: ['inside'] });
});

test('a text without words is an error with a code', async () => {
  const { error } = await engine.execute('{{name}}', 'readability', { text: '...' });
  assert.equal(error?.code, 'TOOL_FAILED');
});

test('wrong parameters never reach the skill', async () => {
  const { error } = await engine.execute('{{name}}', 'readability', {});
  assert.equal(error?.code, 'INVALID_PARAMETERS');
});
