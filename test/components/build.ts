/** Components in JavaScript for worlds of the tests' own, built once for each source. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { componentize } from 'componentize-qjs';
import { cached } from '../guests/cache.ts';

/** @returns the path of the component file */
export async function buildScript(name: string, wit: string, jsSource: string): Promise<string> {
  return cached(name, JSON.stringify(['script', wit, jsSource]), async () => {
    const folder = mkdtempSync(join(tmpdir(), 'script-'));
    try {
      const witPath = join(folder, 'world.wit');
      writeFileSync(witPath, wit);
      const options = { witPath, world: 'guest', sync: true, optSize: true };
      return (await componentize({ ...options, jsSource })).component;
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}
