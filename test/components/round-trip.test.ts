/**
 * Every value that goes through a component comes back as it was. `WIT_VALUES` says how many values; the suite sends
 * some hundreds, the long run 10 000.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createEngine, type Engine, MemoryAuditStore } from '../../packages/engine/src/index.ts';
import { echoComponent } from './echo.ts';
import { drafts } from './generate.ts';

const VALUES = Number(process.env['WIT_VALUES'] ?? 600);
const TYPES = 30;
const PER_CALL = 5;

const folder = mkdtempSync(join(tmpdir(), 'round-trip-'));
let engine: Engine;
beforeAll(async () => {
  engine = await createEngine({ home: folder, audit: new MemoryAuditStore() });
});
afterAll(async () => {
  await engine.close();
  rmSync(folder, { recursive: true });
});

it(`${VALUES} values of random types come back unchanged`, { timeout: 600_000 }, async () => {
  const seed = Number(process.env['FC_SEED'] ?? Date.now() % 2 ** 31);
  let sent = 0;
  for (let round = 0; sent < VALUES; round += 1) {
    let names = 0;
    const fresh = () => `t${(names += 1)}`;
    const types = fc
      .sample(drafts, { numRuns: TYPES, seed: seed + round })
      .map((draft) => draft(fresh));
    const path = join(folder, `echo${round}.wasm`);
    writeFileSync(path, await echoComponent(types));
    const [skill] = await engine.load(path);
    const calls = Math.min(8, Math.ceil((VALUES - sent) / (TYPES * PER_CALL)));
    for (const [index, type] of types.entries()) {
      const lists = fc.array(type.value, { minLength: PER_CALL, maxLength: PER_CALL });
      for (const values of fc.sample(lists, { numRuns: calls, seed: seed + round })) {
        const result = await engine.execute(skill!.name, `types_echo-${index}`, { values });
        const where = `seed ${seed}, round ${round}, list<${type.reference}>\n${type.declarations}`;
        expect(result.ok || result.error.message, where).toBe(true);
        const expected =
          type.reference === 'u8' ? Buffer.from(values as number[]).toString('base64') : values;
        expect(result.ok && JSON.parse(JSON.stringify(result.value)), where).toEqual(
          JSON.parse(JSON.stringify(expected)),
        );
        sent += values.length;
      }
    }
  }
});
