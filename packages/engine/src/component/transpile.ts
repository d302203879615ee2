import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { METERING_VERSION } from '@skill-engine/metering';
import { type ErrorCode, SkillError } from '../errors.ts';
import { defaultTranspileLimits, runTranspiler, type TranspileLimits } from './transpile-child.ts';
import { decodeTranspiled, type Transpiled } from './transpile-frame.ts';

export interface TranspileOptions {
  readonly limits?: Partial<TranspileLimits> | undefined;
  /** Whether core modules are rewritten to pay for what they do; they run only under a `FuelMeter`. Default true. */
  readonly metered?: boolean | undefined;
}

const require = createRequire(import.meta.url);
const bindgen = require.resolve('@bytecodealliance/jco-transpile/component');

/** What decides, beside the component, what comes out: the versions of jco and of the meter. */
export function transpilerVersion(metered: boolean): { jco: string; metering: number | undefined } {
  const text = readFileSync(join(dirname(dirname(bindgen)), 'package.json'), 'utf8');
  const { version } = JSON.parse(text) as { version: string };
  return { jco: version, metering: metered ? METERING_VERSION : undefined };
}

/**
 * Transpiles a surveyed component in a process of its own, which has no environment, no files but jco's, no network
 * (on Node 26; Node 24 cannot take it away) and no child processes, and which ends with the answer.
 * Whatever the component does to jco, the next call starts anew.
 *
 * @param component bytes that `surveyComponent` accepted
 * @throws SkillError `TRANSPILE_FAILED`: jco refuses the component. `TRANSPILE_LIMIT`: it cost more than the limits.
 *   The meter may refuse a core module with `COMPONENT_TOO_LARGE`, `COMPONENT_UNSUPPORTED`, `COMPONENT_NAME_REFUSED`
 *   or `COMPONENT_MALFORMED`
 */
export async function transpileComponent(
  component: Uint8Array,
  options: TranspileOptions = {},
): Promise<Transpiled> {
  const limits = { ...defaultTranspileLimits, ...options.limits };
  const metering =
    options.metered === false ? undefined : require.resolve('@skill-engine/metering');
  const answer = await inTurn(() => runTranspiler(component, limits, { bindgen, metering }));
  let decoded: ReturnType<typeof decodeTranspiled>;
  try {
    decoded = decodeTranspiled(answer);
  } catch (cause) {
    throw failed('TRANSPILE_FAILED', cause instanceof Error ? cause.message : String(cause));
  }
  if ('ok' in decoded) throw failed(decoded.code, decoded.message);
  return decoded;
}

const waiting: (() => void)[] = [];
let free = Math.max(1, availableParallelism());

/** Not more processes at once than there are processors: each may take seconds and a gigabyte. */
export async function inTurn<T>(run: () => Promise<T>): Promise<T> {
  if (free > 0) free -= 1;
  else await new Promise<void>((resolve) => waiting.push(resolve));
  try {
    return await run();
  } finally {
    const next = waiting.shift();
    if (next === undefined) free += 1;
    else next();
  }
}

function failed(code: ErrorCode, reason: string): SkillError {
  const shown = reason.replace(/[^\x20-\x7e\n]/gu, '?').trim();
  return new SkillError(
    code,
    `The component cannot be made ready to run: ${shown}. Check that it is valid (\`wasm-tools validate\`) and rebuild it.`,
    { details: { reason: shown } },
  );
}
