/** A native skill, opened and called without an engine around it. */
import { randomUUID } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { RuntimeOutcome, RuntimeSession } from '@skill-engine/engine';
import { createNativeRuntime, type NativeRuntimeOptions } from '@skill-engine/native';
import { effective as effectiveOf } from '../../packages/engine/src/authority/effective.ts';
import { filterEnvironment } from '../../packages/engine/src/authority/environment.ts';
import { limitsOf } from '../../packages/engine/src/limits/limits.ts';
import { parseManifest } from '../../packages/engine/src/manifest/manifest.ts';

/** A folder with a skill, directories to grant, and commands of the test's own. */
export class Place {
  readonly root = realpathSync(mkdtempSync(join(tmpdir(), 'native-test-')));
  readonly skill = join(this.root, 'skill');
  readonly data = join(this.root, 'data');
  readonly bin = join(this.root, 'bin');

  constructor() {
    for (const folder of [this.skill, this.data, this.bin]) mkdirSync(folder);
  }

  /** A file below the root. */
  file(path: string, text: string): string {
    const file = join(this.root, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    return file;
  }

  /** A command in `bin`, as a script of the shell. */
  command(name: string, script: string): string {
    const file = this.file(`bin/${name}`, `#!/bin/sh\n${script}\n`);
    chmodSync(file, 0o755);
    return file;
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** What stands in a manifest. */
export interface Entry {
  readonly commands: readonly string[];
  readonly allowed?: readonly string[];
  readonly forbidden?: readonly string[];
  /** Further lines. */
  readonly more?: string;
}

/** Opens it, with all that it declares granted, and with `bin` before the usual search path. */
export async function open(
  place: Place,
  { commands, allowed = [], forbidden = [], more = '' }: Entry,
  options: NativeRuntimeOptions = {},
): Promise<Opened> {
  const text = `[[skills]]
name = "native"
runtime = "native"
[skills.allowed_commands]
commands = ${JSON.stringify(commands)}
allowed_args = ${JSON.stringify(allowed)}
forbidden_args = ${JSON.stringify(forbidden)}
${more}`;
  const [manifest] = parseManifest(text, { file: join(place.skill, 'skill.toml') }).skills;
  if (manifest?.runtime !== 'native') throw new Error('no native skill');
  const { capabilities: declared, overrides } = manifest;
  const places = { baseDir: place.skill, home: place.root };
  const effective = effectiveOf({ declared, granted: 'declared', overrides }, places);
  const limits = limitsOf(manifest.resources);
  const runtime = createNativeRuntime({ searchPath: [place.bin, '/usr/bin', '/bin'], ...options });
  const session = await runtime.open({ manifest, baseDir: place.skill, effective, limits });
  return {
    session,
    run: (parameters, { signal = new AbortController().signal, environment = {} } = {}) => {
      const rules = effective.environment.layers.map(({ rule }) => rule);
      const filter = (given: Readonly<Record<string, string>>) => filterEnvironment(rules, given);
      return session.run({
        executionId: randomUUID(),
        tool: 'run',
        parameters,
        environment: filter(environment),
        filterEnvironment: filter,
        limits,
        signal,
      });
    },
  };
}

/** A skill that was opened. */
export interface Opened {
  readonly session: RuntimeSession;
  run(
    parameters: {
      readonly command?: string;
      readonly args?: readonly string[];
      readonly stdin?: string;
      readonly env?: Readonly<Record<string, string>>;
      readonly cwd?: string;
    },
    options?: {
      readonly signal?: AbortSignal;
      readonly environment?: Readonly<Record<string, string>>;
    },
  ): Promise<RuntimeOutcome>;
}

/** The code of the only denial, or what came instead. */
export function denialOf({ answer, denials, stdout, stderr }: RuntimeOutcome): string {
  if (denials.length === 1 && 'error' in answer && answer.error.code === 'CAPABILITY_DENIED') {
    return denials[0]!.code;
  }
  return JSON.stringify({ answer, denials, stdout, stderr });
}
