/** The guide's skill and programs do what it says. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { allows } from '../../packages/native/src/arguments/allowed.ts';
import { forbids } from '../../packages/native/src/arguments/forbidden.ts';
import { Place } from './native.ts';

const page = readFileSync('docs/guides/native.md', 'utf8');

function blocks(language: string): string[] {
  return [...page.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\``, 'gm'))].map(
    ([, text = '']) => text,
  );
}

let place: Place;
beforeAll(() => {
  place = new Place();
  place.file('counter/skill.toml', blocks('toml')[0]!);
  place.file('counter/texts/poem.txt', 'one two three\nfour five six\nseven\n');
});
afterAll(() => place.remove());

it.each(blocks('ts').map((code, index) => [index, code] as const))(
  'program %i prints what it says',
  (index, code) => {
    mkdirSync('.cache/snippets', { recursive: true });
    const file = resolve('.cache/snippets', `native-${index}.ts`);
    writeFileSync(file, code);
    const { status, stdout, stderr } = spawnSync(process.execPath, [file], {
      encoding: 'utf8',
      cwd: place.root,
      env: { ...process.env, SKILL_ENGINE_HOME: join(place.root, 'state') },
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toBe(blocks('text')[index]);
  },
);

const code = (cell: string): string[] =>
  [...cell.matchAll(/`"?([^`"]*)"?`/g)].map(([, text]) => text!);

function rows(head: string): string[][] {
  const table = page.slice(page.indexOf(`| ${head} |`)).split('\n\n')[0]!;
  return table
    .split('\n')
    .slice(2)
    .map((line) => line.split('|').slice(1, -1));
}

it('its tables of arguments are true', () => {
  const allowed = rows('`allowed_args`');
  expect(allowed.length).toBeGreaterThan(7);
  for (const [entries = '', yes = '', no = ''] of allowed) {
    const any = (argument: string) => code(entries).some((entry) => allows(entry, argument));
    expect(code(yes).filter((one) => !any(one))).toEqual([]);
    expect(code(no).filter((one) => any(one))).toEqual([]);
  }
  const forbidden = rows('`forbidden_args`');
  expect(forbidden.length).toBeGreaterThan(4);
  for (const [entry = '', also = ''] of forbidden) {
    const [forms = ''] = also.split(';');
    for (const form of code(forms).filter((text) => text.length > 1)) {
      expect(forbids(code(entry)[0]!, [form], 0), `${entry} ${form}`).toBe(true);
    }
  }
});
