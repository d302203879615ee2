/** One language from an empty folder to a skill that runs, and the ways in which it goes wrong. */
import assert from 'node:assert/strict';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Language, languages } from './languages.ts';
import type { Ran, Stranger } from './stranger.ts';
import { watchOnce } from './watching.ts';

export interface Tried {
  readonly language: Language;
  readonly needs: string;
  /** Of the component. */
  readonly bytes: number;
  /** Milliseconds of each step. */
  readonly times: Readonly<Record<'new' | 'install' | 'build' | 'test' | 'run', number>>;
}

export async function tryLanguage(language: Language, stranger: Stranger): Promise<Tried> {
  const { needs, lang = language, extra, flags = [] } = languages[language];
  const name = `trial-${language}`;
  const made = expectCode(
    await stranger.skill(stranger.work, 'new', name, '--lang', lang, '--json'),
    0,
  );
  const { folder, next } = JSON.parse(made.stdout) as { folder: string; next: string[] };
  await withoutCompiler(language, folder, stranger);

  // What has to be installed is said by `skill new`; what follows it, too.
  let install = 0;
  const installs = next.filter((step) => /\binstall\b/.test(step));
  for (const line of extra === undefined ? installs : [...installs, extra]) {
    install += expectCode(await stranger.line(folder, line), 0).milliseconds;
  }
  const build = expectCode(await stranger.skill(folder, 'build', ...flags), 0);
  assert.match(build.stderr, /^built /m);
  const test = expectCode(await stranger.skill(folder, 'test'), 0);
  assert.match(test.stdout, /^3 passed/m);
  const { milliseconds: run } = await runs(folder, stranger);
  if (next.includes('npm test') && flags.length === 0)
    expectCode(await stranger.line(folder, 'npm test'), 0);

  await broken(language, folder, stranger);
  await watchOnce(language, folder, stranger, ['build', '--watch', ...flags]);
  await watchOnce(language, folder, stranger, ['dev', '.', '--text', 'Now. And then.', ...flags]);
  const bytes = statSync(join(folder, 'dist', `${name}.wasm`)).size;
  const times = {
    new: made.milliseconds,
    install,
    build: build.milliseconds,
    test: test.milliseconds,
    run,
  };
  return { language, needs, bytes, times };
}

/** Good parameters, wrong ones, and a tool that fails. */
async function runs(folder: string, stranger: Stranger): Promise<Ran> {
  const good = expectCode(
    await stranger.skill(folder, 'run', '.', '--text', 'One two. Three!', '--json'),
    0,
  );
  const { value } = JSON.parse(good.stdout) as { value: Record<string, unknown> };
  assert.equal(value['words'], 3);
  assert.equal(value['sentences'], 2);
  const wrong = expectCode(await stranger.skill(folder, 'run', '.', '--text', ''), 3);
  assert.match(wrong.stderr, /text: minLength 1, found ""/);
  const failed = expectCode(await stranger.skill(folder, 'run', '.', '--text', '...'), 1);
  assert.match(failed.stderr, /TOOL_FAILED: The text has no words\.\n {2}code: no-words/);
  return good;
}

async function withoutCompiler(
  language: Language,
  folder: string,
  stranger: Stranger,
): Promise<void> {
  const ran = await stranger.run(folder, 'skill', ['build'], stranger.withoutCompilers);
  const { stderr } = expectCode(ran, 6);
  const { withoutCompiler: what } = languages[language];
  assert.ok(stderr.startsWith(`error TOOLCHAIN_MISSING: ${what} is not installed. `), stderr);
}

/** The compiler's message names the file and its line; the last component stays. */
async function broken(language: Language, folder: string, stranger: Stranger): Promise<void> {
  const { source, broken: line } = languages[language];
  const path = join(folder, source);
  const sound = readFileSync(path, 'utf8');
  writeFileSync(path, `${sound}\n${line}\n`);
  const { stderr } = expectCode(await stranger.skill(folder, 'build'), 6);
  assert.match(stderr, /^error BUILD_FAILED: /);
  const number = sound.split('\n').length + 1;
  assert.match(stderr, new RegExp(`${source}(:|", line )${number}\\b`));
  assert.doesNotMatch(stderr, /backtrace|node_modules|INTERNAL/);
  writeFileSync(path, sound);
  expectCode(await stranger.skill(folder, 'run', '.', '--text', 'Still here.'), 0);
}

function expectCode(ran: Ran, code: number): Ran {
  assert.equal(ran.code, code, `${ran.stdout}${ran.stderr}`);
  return ran;
}
