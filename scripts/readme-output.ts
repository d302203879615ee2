/**
 * The output of `npm start` in the README. Run as a script, it writes the current one there; the test
 * compares both without what differs from run to run and machine to machine.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

/** Ids, times, sizes and amounts become placeholders; how wide a column is depends on them. */
export function normalise(output: string): string {
  return output
    .replaceAll(process.cwd(), '$PWD')
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<id>')
    .replaceAll(/\b[0-9a-f]{64}\b/g, '<digest>')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z +[0-9a-f]{8}/g, '<time> <id>')
    .replaceAll(/guests\/[0-9a-f]+\//g, 'guests/<key>/')
    .replaceAll(/"term": "[^"]*"/g, '"term": <term>')
    .replaceAll(/[\d,.]+( ?(ms|s|fuel|[KM]iB))?\b/g, '<n>')
    .replaceAll(/ +/g, ' ')
    .trim();
}

if (import.meta.main) {
  const printed = execFileSync(process.execPath, ['scripts/start.ts'], {
    encoding: 'utf8',
    env: { ...process.env, SKILL_START_MERGED: '1' },
  });
  const readme = readFileSync('README.md', 'utf8');
  const shown = printed.replaceAll(process.cwd(), '$PWD').trim();
  writeFileSync(
    'README.md',
    readme.replace(
      /(<!-- npm start -->\n```console\n)[^]*?(```)/,
      (_, before: string, after: string) => `${before}${shown}\n${after}`,
    ),
  );
}
