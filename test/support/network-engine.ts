/** An engine with the probe loaded under a network of the test's choice. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { createEngine, type Engine } from '../../packages/engine/src/engine.ts';
import type { CredentialStore } from '../../packages/engine/src/credentials/store.ts';
import type { ExecutionResult } from '../../packages/engine/src/execution.ts';
import { MemoryAuditStore } from '../../packages/engine/src/audit/memory.ts';
import { buildGuest } from '../guests/build.ts';
import { outcome, probe, type ProbeOutcome } from '../guests/probe.ts';
import { leaveComponents, takeComponents } from './warm.ts';

export interface NetworkProbe extends AsyncDisposable {
  readonly engine: Engine;
  /** Loads the probe once more under a name of its own, with this `[skill.capabilities]`. */
  skill(capabilities: string): Promise<GrantedProbe>;
  /** Asserts that a probe without any grant runs on the same engine. */
  stillWorks(): Promise<void>;
}

export interface NetworkGrants {
  readonly domains?: readonly string[];
  readonly ips?: readonly string[];
  readonly ports?: readonly number[];
  readonly protocols?: readonly string[];
  readonly dns?: string;
}

export interface ProbeRun {
  readonly result: ExecutionResult;
  /** What the code returned or threw; `undefined` when the invocation itself failed. */
  readonly outcome: ProbeOutcome | undefined;
  /** What it returned. */
  readonly value: unknown;
}

export interface GrantedProbe {
  /** Runs a function body with `wasi`, `args`, `utf8` and the helpers of `parts/network.js`. */
  run(code: string, args?: unknown): Promise<ProbeRun>;
  readonly name: string;
}

const helpers = readFileSync(
  fileURLToPath(new URL('../guests/parts/network.js', import.meta.url)),
  'utf8',
);

export async function networkProbe(
  ca: readonly string[] = [],
  credentials?: CredentialStore,
): Promise<NetworkProbe> {
  const home = mkdtempSync(join(tmpdir(), 'skill-network-'));
  takeComponents(home);
  const component = await buildGuest('probe-http');
  const engine = await createEngine({
    home,
    audit: new MemoryAuditStore(),
    tls: { ca },
    ...(credentials ? { credentials } : {}),
  });
  let count = 0;
  let bare: GrantedProbe | undefined;
  const probes: NetworkProbe = {
    engine,
    async stillWorks() {
      bare ??= await probes.skill('');
      const { value } = await bare.run('return 42');
      expect(value).toBe(42);
    },
    async skill(capabilities) {
      count += 1;
      const name = `probe-${count}`;
      const manifest = join(home, `${name}.toml`);
      const head = `[skill]\nname = "${name}"\ncomponent = ${JSON.stringify(component)}\n`;
      writeFileSync(manifest, `${head}\n[skill.capabilities]\n${capabilities}\n`);
      await engine.load(manifest, { grant: 'declared' });
      return {
        name,
        async run(code, args) {
          const result = await engine.execute(name, 'eval', probe(`${helpers}\n${code}`, args));
          const answer = result.ok ? outcome(result.value) : undefined;
          return {
            result,
            outcome: answer,
            value: answer && 'value' in answer ? answer.value : undefined,
          };
        },
      };
    },
    async [Symbol.asyncDispose]() {
      await engine.close();
      leaveComponents(home);
      rmSync(home, { recursive: true });
    },
  };
  return probes;
}

/** `[skill.capabilities.network]` in its long form. */
export function network(grants: NetworkGrants): string {
  const list = (key: string, values: readonly (string | number)[] | undefined) =>
    values === undefined ? '' : `${key} = ${JSON.stringify(values)}\n`;
  return [
    '[skill.capabilities.network]\n',
    list('allowed_domains', grants.domains),
    list('allowed_ips', grants.ips),
    list('allowed_ports', grants.ports),
    list('protocols', grants.protocols),
    grants.dns === undefined ? '' : `dns = ${JSON.stringify(grants.dns)}\n`,
  ].join('');
}

/** Asserts what was refused, in this order, and that the audit record says the same. */
export async function expectDenials(
  { engine }: NetworkProbe,
  { result }: ProbeRun,
  codes: readonly string[],
): Promise<void> {
  expect(result.denials.map(({ code }) => code)).toEqual(codes);
  const record = await engine.audit.get(result.executionId);
  expect(record?.denials.map(({ code }) => code)).toEqual(codes);
}
