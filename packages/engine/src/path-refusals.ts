/** Why a path is no skill, and what to do: the words of `load`'s refusals. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { SkillError } from './errors.ts';

const forms =
  'A skill is a folder with a skill.toml or skills.toml, a manifest file (.toml), or a component file (.wasm).';

/** Longest path that a message repeats whole. */
const SHOWN = 300;

/** A path as messages show it: in quotes, so that an empty or padded one is seen, and of bounded length. */
function shown(path: string): string {
  return JSON.stringify(path.length > SHOWN ? `${path.slice(0, SHOWN)}…` : path);
}

/** @throws SkillError INVALID_OPTIONS for a value that is no text, or an empty one */
export function assertPath(given: unknown): asserts given is string {
  if (typeof given === 'string') {
    if (given.trim() !== '') return;
    throw new SkillError(
      'INVALID_OPTIONS',
      `engine.load was given ${given === '' ? 'an empty path' : 'a path of white space only'}. ${forms} The current folder is ".".`,
    );
  }
  const way =
    given instanceof URL
      ? 'Turn a file URL into a path with fileURLToPath of node:url.'
      : 'Give the path as a string.';
  throw new SkillError(
    'INVALID_OPTIONS',
    `engine.load takes a path, or what findInstalled found; it was given ${kindOf(given)}. ${way} ${forms}`,
  );
}

function kindOf(given: unknown): string {
  if (given === undefined || given === null) return String(given);
  if (given instanceof URL) return 'a URL';
  if (Array.isArray(given)) return 'an array: load one after the other';
  return typeof given === 'object' ? 'another object' : `a ${typeof given}`;
}

/** For a path where there is nothing. */
export function nothingAt(path: string): SkillError {
  const hint = /^file:/i.test(path)
    ? 'This is a URL: turn it into a path with fileURLToPath of node:url. '
    : /^[a-z][a-z0-9+.-]+:\/\//i.test(path)
      ? 'This is a URL: install the package first (skill install URL). '
      : path !== path.trim()
        ? 'It begins or ends with white space. '
        : /^[a-z0-9][a-z0-9_-]*$/.test(path)
          ? 'If it is the name of an installed skill, load what findInstalled finds by it. '
          : '';
  return new SkillError(
    'MANIFEST_NOT_FOUND',
    `There is no file or folder ${shown(path)}. ${hint}${forms}`,
  );
}

/** For a folder without a manifest. */
export async function noManifestIn(path: string, folder: string): Promise<SkillError> {
  const names = await readdir(folder).catch((): string[] => []);
  const component = names.toSorted().find((name) => name.endsWith('.wasm'));
  const hint = names.includes('SKILL.md')
    ? 'It is a skill of instructions (SKILL.md): createSkillTools of the engine offers those, skill serve --skills serves them.'
    : component === undefined
      ? 'Name the folder of the manifest, or make one with `skill new`.'
      : `To run a component without any capability, name the file itself: ${shown(join(path, component))}.`;
  return new SkillError(
    'MANIFEST_NOT_FOUND',
    `The folder ${shown(path)} has neither a skill.toml nor a skills.toml. ${hint}`,
  );
}

/** For a file that was named itself, is no manifest by its name and no WebAssembly by its first bytes. */
export function notWebAssembly(path: string, begin: Uint8Array): SkillError {
  const problem = begin.length === 0 ? 'is empty' : 'does not begin as WebAssembly does';
  const hint = path.endsWith('SKILL.md')
    ? 'It is a skill of instructions: createSkillTools of the engine offers those.'
    : path.endsWith('.wasm')
      ? 'Build it again, or check that it was copied whole.'
      : `\`skill build\` makes a component from sources. ${forms}`;
  return new SkillError(
    'COMPONENT_MALFORMED',
    `Not a valid WebAssembly component: the file ${shown(path)} ${problem}. ${hint}`,
  );
}
