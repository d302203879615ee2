/** The preview-1 part of WebAssembly/wasi-testsuite: which programs there are and what each expects. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

export interface Program {
  readonly name: string;
  readonly path: string;
  readonly arguments: readonly string[];
  readonly environment: readonly (readonly [string, string])[];
  /** Directory that the program is given a fresh copy of. */
  readonly root: string | undefined;
  readonly exitCode: number;
  /** Undefined where the suite does not say. */
  readonly stdout: string | undefined;
  readonly stderr: string | undefined;
}

interface Specification {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly root?: string;
  readonly exit_code?: number;
  readonly stdout?: string;
  readonly stderr?: string;
}

/** @param checkout of the branch `prod/testsuite-base`, which has the programs built */
export function findPrograms(checkout: string): Program[] {
  return ['assemblyscript', 'c', 'rust'].flatMap((language) => {
    const folder = join(checkout, 'tests', language, 'testsuite', 'wasm32-wasip1');
    return readdirSync(folder)
      .filter((file) => file.endsWith('.wasm'))
      .toSorted()
      .map((file) => readProgram(folder, file, language));
  });
}

function readProgram(folder: string, file: string, language: string): Program {
  const stem = basename(file, '.wasm');
  const specification = join(folder, `${stem}.json`);
  const spec = existsSync(specification)
    ? (JSON.parse(readFileSync(specification, 'utf8')) as Specification)
    : {};
  return {
    name: `${language}/${stem}`,
    path: join(folder, file),
    arguments: [file, ...(spec.args ?? [])],
    environment: Object.entries(spec.env ?? {}),
    root: spec.root === undefined ? undefined : join(folder, spec.root),
    exitCode: spec.exit_code ?? 0,
    stdout: spec.stdout,
    stderr: spec.stderr,
  };
}
