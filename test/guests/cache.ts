import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../../node_modules/.cache/guests/', import.meta.url));

/**
 * The path of a file `<name>.wasm` that was made of `inputs`; `make` makes it if it isn't there yet.
 * Several processes may ask for it at once.
 */
export async function cached(
  name: string,
  inputs: string | Uint8Array,
  make: () => Promise<Uint8Array>,
): Promise<string> {
  const place = join(folder, createHash('sha256').update(inputs).digest('hex').slice(0, 16));
  const path = join(place, `${name}.wasm`);
  if (existsSync(path)) return path;
  const bytes = await make();
  mkdirSync(place, { recursive: true });
  writeFileSync(`${path}.${process.pid}`, bytes);
  renameSync(`${path}.${process.pid}`, path);
  return path;
}
