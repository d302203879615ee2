/**
 * `npx node test/conformance/wasi-testsuite.ts CHECKOUT [NAME…]`: runs the preview-1 programs of wasi-testsuite on the
 * engine's host, with all guards on, each in an isolate of its own and on a fresh copy of its directory; and each
 * adapted component again on preview2-shim, so that a failure of the adapter shows as one of both hosts.
 * Fails when a program fails here that passes there.
 */
import { cpSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OpenFailed, Supervisor } from '../../packages/engine/src/broker/client.ts';
import { prepareComponent } from '../../packages/engine/src/component/prepare.ts';
import type { RunOutcome } from '../../packages/engine/src/run.ts';
import { namedAsRoot, openPool, runCommand } from './host.ts';
import { type Ended, runOnShim } from './shim.ts';
import { findPrograms, type Program } from './suite.ts';

const [checkout, ...only] = process.argv.slice(2);
if (checkout === undefined) {
  console.error('Usage: npx node test/conformance/wasi-testsuite.ts CHECKOUT [NAME…]');
  process.exit(2);
}
const supervisor = new Supervisor();
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'wasi-testsuite-')));
const passed = { here: 0, there: 0 };
let count = 0;
let worse = 0;
try {
  for (const program of findPrograms(checkout)) {
    if (only.length > 0 && !only.some((part) => program.name.includes(part))) continue;
    const here = await check(program).catch((error: unknown) => describe(error));
    const there = checkOnShim(program);
    count += 1;
    if (here === undefined) passed.here += 1;
    if (there === undefined) passed.there += 1;
    if (here !== undefined && there === undefined) worse += 1;
    const word = (problem: string | undefined) =>
      problem === undefined ? 'ok' : `FAIL ${problem}`;
    console.log(`| ${program.name} | ${word(here)} | ${word(there)} |`);
  }
} finally {
  await supervisor.close();
  rmSync(folder, { recursive: true, force: true });
}
console.log(`engine ${passed.here} / ${count}, preview2-shim ${passed.there} / ${count}`);
process.exitCode = worse === 0 ? 0 : 1;

function freshRoot(program: Program): string | undefined {
  if (program.root === undefined) return undefined;
  const root = mkdtempSync(join(folder, 'root-'));
  cpSync(program.root, root, { recursive: true });
  return root;
}

function checkOnShim(program: Program): string | undefined {
  return difference(program, runOnShim(program, freshRoot(program)));
}

/** What differs from what the suite expects; undefined if nothing does. */
async function check(program: Program): Promise<string | undefined> {
  const component = await prepareComponent({
    path: program.path,
    cacheDir: join(tmpdir(), 'wasi-testsuite-cache'),
  });
  const pool = await openPool(supervisor, namedAsRoot(component));
  try {
    const outcome = await runCommand(supervisor, pool, { ...program, root: freshRoot(program) });
    return difference(program, endedOf(outcome));
  } finally {
    await supervisor.closePool(pool);
  }
}

function endedOf({ answer, stdout, stderr }: RunOutcome): Ended {
  if ('exitCode' in answer) return { exitCode: answer.exitCode, stdout, stderr };
  const why = 'error' in answer ? `${answer.error.code} ${answer.error.message}` : 'no exit';
  return { exitCode: null, stdout, stderr: `${stderr}${why}` };
}

function difference(program: Program, { exitCode, stdout, stderr }: Ended): string | undefined {
  const shown = JSON.stringify({ stdout, stderr });
  if (exitCode !== program.exitCode)
    return `exit code ${exitCode} instead of ${program.exitCode} ${shown}`;
  if (program.stdout !== undefined && stdout !== program.stdout) return `other stdout: ${shown}`;
  if (program.stderr !== undefined && stderr !== program.stderr) return `other stderr: ${shown}`;
  return undefined;
}

function describe(error: unknown): string {
  if (error instanceof OpenFailed)
    return `the isolate did not come up: ${JSON.stringify(error.end)}`;
  return String(error);
}
