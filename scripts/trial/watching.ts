import assert from 'node:assert/strict';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Language, languages } from './languages.ts';
import type { Stranger } from './stranger.ts';

/** A build of Python takes 10 s, on a busy machine some times that. */
const patienceMs = 120_000;

/** Starts a watching command, edits the source, waits for the second build, and ends it with Ctrl-C. */
export async function watchOnce(
  language: Language,
  folder: string,
  stranger: Stranger,
  args: readonly string[],
): Promise<void> {
  const child = stranger.start(folder, 'skill', args);
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  let seen = '';
  let look = () => {};
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      seen += chunk.toString();
      look();
    });
  }
  const until = (pattern: RegExp) =>
    new Promise<void>((resolve, reject) => {
      look = () => {
        if (pattern.test(seen)) resolve();
      };
      child.on('close', () => reject(new Error(`ended before ${pattern}:\n${seen}`)));
      setTimeout(() => reject(new Error(`still no ${pattern}:\n${seen}`)), patienceMs).unref();
      look();
    });

  const path = join(folder, languages[language].source);
  const sound = readFileSync(path);
  try {
    await until(/watching for changes/);
    appendFileSync(path, `${languages[language].comment} changed\n`);
    await until(
      args[0] === 'dev' ? /built [^]*execution [^]*built [^]*execution / : /built [^]*built /,
    );
  } finally {
    child.kill('SIGINT');
    writeFileSync(path, sound);
  }
  assert.equal(await ended, 130);
  if (args[0] === 'dev') assert.match(seen, /"sentences": 2/);
}
