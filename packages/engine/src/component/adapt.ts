import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { SkillError } from '../errors.ts';
import { defaultTranspileLimits, runProcess, type TranspileLimits } from './transpile-child.ts';
import { inTurn } from './transpile.ts';
import { decodeTranspiled } from './transpile-frame.ts';

const require = createRequire(import.meta.url);

/** The name under which the adapted component stands in the process's answer. */
export const adaptedName = 'component.core.wasm';

/** Where jco keeps its adapter of commands, beside the folder of its entry. */
const adapterFile = join('lib', 'wasi_snapshot_preview1.command.wasm');

/**
 * The adapter of `wasi_snapshot_preview1` commands that jco ships. It is the only published package with it, and large,
 * so it is an optional peer: who runs components only does without.
 *
 * @throws SkillError `COMPONENT_UNSUPPORTED` when `@bytecodealliance/jco` is not installed beside the engine
 */
export async function readAdapter(
  resolve: (name: string) => string = require.resolve,
): Promise<Uint8Array> {
  try {
    return await readFile(join(dirname(dirname(resolve('@bytecodealliance/jco'))), adapterFile));
  } catch (cause) {
    throw new SkillError(
      'COMPONENT_UNSUPPORTED',
      'This is a core module for wasi_snapshot_preview1, which is run with the adapter of @bytecodealliance/jco, and ' +
        'that package is not installed. Install it beside the engine (`npm install @bytecodealliance/jco`), or build ' +
        'the command for WASI 0.2 (for instance the target wasm32-wasip2).',
      { details: { found: 'core module', preview1: true }, cause },
    );
  }
}

/**
 * Makes a component of a preview-1 command, in a process of its own as {@link runProcess} describes it. What comes out
 * is as strange as what went in: survey it like any component.
 *
 * @param module bytes for which `isCommandModule` is true
 * @throws SkillError `COMPONENT_UNSUPPORTED`: the module cannot be adapted. `TRANSPILE_LIMIT`: it cost more than the limits
 */
export async function adaptCommand(
  module: Uint8Array,
  adapter: Uint8Array,
  limits: Partial<TranspileLimits> = {},
): Promise<Uint8Array> {
  const tools = require.resolve('@bytecodealliance/jco-transpile/component');
  const metering = require.resolve('@skill-engine/metering');
  const paths = [join(dirname(tools), 'wasm-tools.js'), metering];
  const all = { ...defaultTranspileLimits, ...limits };
  const input = encodeParts(adapter, module);
  const answer = await inTurn(() => runProcess('adapt-process', input, all, paths));
  try {
    const decoded = decodeTranspiled(answer);
    if ('ok' in decoded) throw refused(decoded.message);
    const adapted = decoded.modules.get(adaptedName);
    if (adapted === undefined) throw refused('the adapting process sent no component');
    return adapted;
  } catch (cause) {
    if (cause instanceof SkillError) throw cause;
    throw refused(cause instanceof Error ? cause.message : String(cause));
  }
}

/** The adapter's length, the adapter, the module. */
function encodeParts(adapter: Uint8Array, module: Uint8Array): Uint8Array {
  const parts = new Uint8Array(4 + adapter.byteLength + module.byteLength);
  new DataView(parts.buffer).setUint32(0, adapter.byteLength);
  parts.set(adapter, 4);
  parts.set(module, 4 + adapter.byteLength);
  return parts;
}

function refused(reason: string): SkillError {
  const shown = reason.replace(/[^\x20-\x7e\n]/gu, '?').trim();
  return new SkillError(
    'COMPONENT_UNSUPPORTED',
    `The core module cannot be made a component: ${shown}. Build it for WASI 0.2 (for instance the target wasm32-wasip2).`,
    { details: { found: 'core module', preview1: true, reason: shown } },
  );
}
