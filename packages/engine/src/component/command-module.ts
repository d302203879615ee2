import { type ComponentBounds, defaultBounds } from './bounds.ts';
import { Reader, Tally } from './reader.ts';
import { surveyCoreModule } from './survey-core.ts';

const preamble = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];

/**
 * Whether the bytes are a command for `wasi_snapshot_preview1`: a core module that imports from it and exports
 * `_start`. A core module is then held against every bound and name rule before an adapter reads it.
 *
 * @throws SkillError `COMPONENT_MALFORMED`, `COMPONENT_NAME_REFUSED`, `COMPONENT_TOO_LARGE`, `COMPONENT_UNSUPPORTED`
 */
export function isCommandModule(bytes: Uint8Array, bounds: Partial<ComponentBounds> = {}): boolean {
  if (preamble.some((byte, index) => bytes[index] !== byte)) return false;
  const tally = new Tally({ ...defaultBounds, ...bounds });
  tally.check('bytes', bytes.byteLength, 0);
  const reader = new Reader(bytes, 0, bytes.byteLength);
  const module = surveyCoreModule(reader, tally, 'module');
  return (
    module.imports.some((entry) => entry.module === 'wasi_snapshot_preview1') &&
    module.exports.some((entry) => entry.name === '_start' && entry.kind === 'function')
  );
}
