/** What the README shows is what `npm start` prints, up to what differs from run to run. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { normalise } from '../../scripts/readme-output.ts';

const readme = readFileSync('README.md', 'utf8');

it('shows what npm start prints', () => {
  const [, shown = ''] = /<!-- npm start -->\n```console\n([^]*?)```/.exec(readme) ?? [];
  const printed = execFileSync(process.execPath, ['scripts/start.ts'], {
    encoding: 'utf8',
    env: { ...process.env, SKILL_START_MERGED: '1' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  expect(normalise(shown)).toBe(normalise(printed));
});

it('has exactly two set-up commands', () => {
  const commands = [...readme.matchAll(/^npm ci && npm (\w+)/gm)].map(([, name]) => name);
  expect(commands).toEqual(['start', 'test']);
});

it('links to pages that exist', () => {
  const links = [...readme.matchAll(/\]\(([^)#:]+)[^):]*\)/g)].map(([, path]) => path!);
  expect(links.length).toBeGreaterThan(10);
  expect(links.filter((path) => !existsSync(path))).toEqual([]);
});
