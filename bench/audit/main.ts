/** What the record costs: invocations with and without it, and the store at several sizes. Absolute times of this machine. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { callers } from './callers.ts';
import { sizes } from './sizes.ts';

/**
 * Arguments: `callers`, or sizes to measure at; default both, at 1000, 10 000 and 100 000 records. AUDIT_BENCH_STORES: a folder
 * that keeps the stores.
 */
export async function run(args: readonly string[]): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), 'skill-bench-'));
  const folder = process.env['AUDIT_BENCH_STORES'] ?? home;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  try {
    const counts = args.filter((one) => one !== 'callers').map(Number);
    if (args.length === 0 || args.includes('callers')) await callers(home);
    if (args.length === 0) await sizes(folder, [1000, 10_000, 100_000]);
    else if (counts.length > 0) await sizes(folder, counts);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}
