/**
 * The main job, as an operator would do it on the command line: three skills on this repository's own
 * `docs/`, a denial, a refused parameter, a runaway loop, and the record of all of it.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { buildGuest } from '../test/guests/build.ts';

const home = mkdtempSync(join(tmpdir(), 'skill-start-'));
const env = { ...process.env, SKILL_ENGINE_HOME: home, NO_COLOR: '1' };

/** Runs `skill`, shows the line that a user would type and what it prints. */
function skill(...args: string[]): number {
  console.log(
    `\n$ skill ${args.map((arg) => (/^[\w./@:=,-]+$/.test(arg) ? arg : `'${arg}'`)).join(' ')}`,
  );
  const { status } = spawnSync(process.execPath, ['packages/cli/bin/skill.js', ...args], {
    env,
    // For the README, both streams in the order in which a terminal would show them.
    stdio: ['ignore', 1, process.env['SKILL_START_MERGED'] ? 1 : 2],
  });
  return status ?? 7;
}

/** The operator's consent: the digest that `skill inspect` shows. */
function accept(folder: string): string[] {
  const { stdout } = spawnSync(
    process.execPath,
    ['packages/cli/bin/skill.js', 'inspect', folder, '--json'],
    {
      env,
      encoding: 'utf8',
    },
  );
  return ['--accept', (JSON.parse(stdout) as { digest: string }).digest];
}

function expect(what: string, status: number, wanted: number): void {
  if (status === wanted) return;
  console.error(`\n${what}: exit code ${status} instead of ${wanted}`);
  process.exitCode = 1;
}

try {
  const stats = 'skills-wasm/text-stats';
  expect('counting', skill('run', stats, 'count-files', '--top', '3', ...accept(stats)), 0);

  const sections = JSON.stringify({
    path: 'documentation.md',
    overwrite: true,
    title: 'Documentation',
    sections: [
      { heading: 'What it is', text: 'Written by a skill that may write here, and nowhere else.' },
    ],
  });
  const report = 'skills-wasm/report';
  expect(
    'reporting',
    skill('run', report, 'write-report', '--params', sections, ...accept(report)),
    0,
  );

  const hash = 'skills-wasm/hash-files';
  const files = [join(process.cwd(), 'docs/README.md'), '/etc/hostname'];
  expect('a read outside the grant', skill('run', hash, 'run', ...accept(hash), '--', ...files), 4);

  expect(
    'a wrong parameter',
    skill('run', stats, 'count-files', '--path', '../secrets', '--json'),
    3,
  );

  const loop = relative('.', await buildGuest('loop-forever'));
  expect('a runaway loop', skill('run', loop, '--timeout', '1'), 5);

  expect('the history', skill('history'), 0);
} finally {
  rmSync(home, { recursive: true, force: true });
}
