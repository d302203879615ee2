/** One skill from its sources to the component that its manifest names. */
import { createHash } from 'node:crypto';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';
import { SkillError, findSkills } from '@skill-engine/engine';
import { buildC } from './c.ts';
import { buildGo } from './go.ts';
import { buildJavaScript, type JsEngine } from './javascript.ts';
import { type BuildKind, detectKind } from './language.ts';
import { buildPython } from './python.ts';
import { buildRust } from './rust.ts';
import type { BuildContext } from './toolchain.ts';

export interface BuildOptions extends BuildContext {
  readonly engine: JsEngine;
}

export interface Built {
  readonly name: string;
  readonly kind: BuildKind;
  /** Absolute path. */
  readonly component: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly milliseconds: number;
}

/**
 * Builds the skill of a folder into the file that its manifest names as `component`.
 *
 * @throws SkillError BUILD_FAILED, TOOLCHAIN_MISSING, INVALID_OPTIONS, and what `findSkills` throws
 */
export async function buildSkill(path: string, options: BuildOptions): Promise<Built> {
  const folder = resolve(path);
  const [source, ...more] = await findSkills(folder);
  if (source === undefined || more.length > 0 || source.manifest.runtime !== 'wasm') {
    throw new SkillError(
      'INVALID_OPTIONS',
      `The manifest of ${path} must describe exactly one WebAssembly skill to be built.`,
    );
  }
  const component = resolve(source.baseDir, source.manifest.component);
  if (relative(folder, component).startsWith('..')) {
    throw new SkillError(
      'INVALID_OPTIONS',
      `The manifest of ${path} names a component outside of it, ${source.manifest.component}; a build writes only inside.`,
    );
  }
  const kind = await detectKind(folder);
  const before = performance.now();
  const bytes = await builders[kind](folder, options);
  await mkdir(dirname(component), { recursive: true });
  await writeFile(`${component}.${process.pid}`, bytes);
  await rename(`${component}.${process.pid}`, component);
  return {
    name: source.manifest.name,
    kind,
    component,
    bytes: bytes.byteLength,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    milliseconds: performance.now() - before,
  };
}

const builders: Readonly<
  Record<BuildKind, (folder: string, options: BuildOptions) => Promise<Uint8Array>>
> = {
  javascript: (folder, { engine }) => buildJavaScript(folder, engine),
  rust: buildRust,
  c: buildC,
  go: buildGo,
  python: buildPython,
};
