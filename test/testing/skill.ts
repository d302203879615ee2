/** The probe as a skill under test: it runs JavaScript that it is handed, under capabilities of the test's choice. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';
import {
  testSkill,
  type SkillTest,
  type TestResult,
  type TestSkillOptions,
} from '../../packages/testing/src/index.ts';
import { buildGuest } from '../guests/build.ts';
import { outcome, probe } from '../guests/probe.ts';

const helpers = readFileSync(
  fileURLToPath(new URL('../guests/parts/network.js', import.meta.url)),
  'utf8',
);

const folder = mkdtempSync(join(tmpdir(), 'skill-under-test-'));
const open: SkillTest[] = [];
afterAll(async () => {
  await Promise.all(open.map((skill) => skill.close()));
  rmSync(folder, { recursive: true });
});

let count = 0;

export interface ProbeTest {
  readonly skill: SkillTest;
  /** Runs a function body with `wasi`, `args`, `utf8` and the helpers of `parts/network.js`. */
  run(code: string, args?: unknown): Promise<TestResult>;
  /** What the code returned; throws what it threw. */
  value(code: string, args?: unknown): Promise<unknown>;
}

/** A folder with the probe under `[skill.capabilities]`. */
export async function probeFolder(capabilities = '', more = ''): Promise<string> {
  const component = await buildGuest('probe-http');
  count += 1;
  const manifest = join(folder, `probe-${count}.toml`);
  const head = `[skill]\nname = "probe"\ncomponent = ${JSON.stringify(component)}\n`;
  writeFileSync(manifest, `${head}${more}\n[skill.capabilities]\n${capabilities}\n`);
  return manifest;
}

export async function probeTest(
  capabilities = '',
  options: TestSkillOptions = {},
): Promise<ProbeTest> {
  const skill = await testSkill(await probeFolder(capabilities), options);
  open.push(skill);
  const run: ProbeTest['run'] = (code, args) =>
    skill.run('eval', probe(`${helpers}\n${code}`, args));
  return {
    skill,
    run,
    async value(code, args) {
      const result = await run(code, args);
      if (!result.ok) throw result.error;
      const answer = outcome(result.value);
      if ('value' in answer) return answer.value;
      throw new Error(JSON.stringify(answer.error));
    },
  };
}
