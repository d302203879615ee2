import { Console } from 'node:console';
import { format, inspect } from 'node:util';
import { serialize } from 'node:v8';
import { expect, it, vi } from 'vitest';
import { Secret } from './secret.ts';

const text = 'hunter2-hunter2';
const numbers = [...Buffer.from(text)].slice(0, 4).join(', ');

it.each<[string, (secret: Secret) => unknown]>([
  ['inspect', (secret) => inspect(secret)],
  [
    'inspect of everything',
    (secret) => inspect({ secret }, { showHidden: true, depth: 9, getters: true }),
  ],
  [
    'inspect without custom inspection',
    (secret) => inspect(secret, { customInspect: false, showHidden: true }),
  ],
  ['format', (secret) => format('%s %o %O %j %d', secret, secret, secret, secret, secret)],
  ['JSON', (secret) => JSON.stringify({ secret, list: [secret] })],
  ['a template', (secret) => `${secret}`],
  ['concatenation', (secret) => '' + String(secret) + Number(secret)],
  ['toString', (secret) => secret.toString() + secret.toLocaleString()],
  ['an error', (secret) => inspect(new Error(String(secret), { cause: secret }))],
  ['structuredClone', (secret) => inspect(structuredClone(secret), { showHidden: true })],
  ['spread', (secret) => inspect({ ...secret, keys: Reflect.ownKeys(secret) })],
  ['serialize', (secret) => serialize(secret).toString('latin1')],
])('never shows its value: %s', (_, show) => {
  const shown = String(show(Secret.fromText(text)));
  expect(shown).not.toContain('hunter2');
  expect(shown).not.toContain(numbers);
});

it('the console prints [REDACTED]', () => {
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  const log = new Console(process.stdout);
  log.log(Secret.fromText(text), { in: [Secret.fromText(text)] });
  const printed = write.mock.calls.map(([chunk]) => String(chunk)).join('');
  write.mockRestore();
  expect(printed).toContain('[REDACTED]');
  expect(printed).not.toContain('hunter2');
});

it('lends its bytes, and overwrites them when it is wiped', () => {
  const bytes = new TextEncoder().encode(text);
  const secret = new Secret(bytes);
  expect(secret.use((lent) => Buffer.from(lent).toString())).toBe(text);
  {
    using scoped = secret;
    expect(scoped.length).toBe(text.length);
  }
  expect(bytes.every((byte) => byte === 0)).toBe(true);
  expect(secret.wiped).toBe(true);
  expect(() => secret.use(() => 1)).toThrow('wiped');
});

it('takes no further properties', () => {
  expect(Object.isFrozen(Secret.fromText(text))).toBe(true);
});
