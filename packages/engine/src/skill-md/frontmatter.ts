/**
 * A SKILL.md: frontmatter between two lines `---`, then instructions. Pure.
 * Source of the rules: the Agent Skills specification (agentskills.io/specification).
 */
import { escapeLines, escapeText } from '../audit/escape.ts';
import { SkillError } from '../errors.ts';
import { setOwn } from '../schema/json.ts';
import { parseYaml, YamlProblem, type YamlValue } from './yaml.ts';

/** Bytes of the frontmatter. */
const FRONTMATTER = 64 * 1024;

/** Characters. */
const longest = { name: 64, description: 1024, compatibility: 500, license: 1024, tools: 4096 };

/** Entries of `metadata`, and characters of each key and value. */
const metadataBounds = { entries: 100, key: 128, value: 4096 };

const known = ['name', 'description', 'license', 'compatibility', 'metadata', 'allowed-tools'];

export interface SkillMd {
  readonly name: string;
  readonly description: string;
  readonly license: string | undefined;
  readonly compatibility: string | undefined;
  readonly metadata: Readonly<Record<string, string>>;
  /** As the author wrote them, apart. They grant nothing: what a tool may do, the operator decides. */
  readonly allowedTools: readonly string[];
  /** What stands below the frontmatter. */
  readonly instructions: string;
  /** What is not of the format and does no harm, such as unknown keys. */
  readonly warnings: readonly string[];
}

/**
 * @param expectedName name of the folder, which `name` must be
 * @param where for messages
 * @throws SkillError SKILL_MD_INVALID
 */
export function parseSkillMd(bytes: Uint8Array, expectedName: string, where: string): SkillMd {
  const refuse = (problem: string): SkillError => invalid(where, problem);
  const { head, instructions } = split(bytes, refuse);
  const fields = readFields(head, refuse);
  const text = (key: string, most: number): string | undefined => {
    const value = fields.get(key);
    if (value === undefined) return undefined;
    if (typeof value !== 'string') throw refuse(`${key} must be text`);
    const length = [...value].length;
    if (length > most) throw refuse(`${key} has ${length} characters; ${most} are allowed`);
    if (escapeLines(value) !== value) {
      throw refuse(`${key} has control or invisible characters: ${escapeText(value)}`);
    }
    return value;
  };
  const name = text('name', longest.name);
  if (name === undefined) throw refuse('name is missing');
  if (!/^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(name)) {
    throw refuse(
      `name is ${JSON.stringify(escapeText(name))}; it must be lower-case letters a to z, digits and single hyphens, without one at its ends`,
    );
  }
  if (name !== expectedName) {
    throw refuse(
      `name is ${JSON.stringify(name)}, but the folder is called ${JSON.stringify(escapeText(expectedName))}; they must be the same`,
    );
  }
  const description = text('description', longest.description)?.trim();
  if (description === undefined || description === '') throw refuse('description is missing');
  const compatibility = text('compatibility', longest.compatibility);
  if (compatibility?.trim() === '') throw refuse('compatibility is empty; leave it out');
  const license = text('license', longest.license);
  const allowed = text('allowed-tools', longest.tools) ?? '';
  const unknown = [...fields.keys()].filter((key) => !known.includes(key));
  return {
    name,
    description,
    license,
    compatibility,
    metadata: metadataOf(fields.get('metadata'), refuse),
    // `Bash(git:*)` may have spaces within its brackets.
    allowedTools: allowed.match(/[^\s(]+(?:\([^)]*\))?/g) ?? [],
    instructions,
    warnings: unknown.map((key) => `${JSON.stringify(escapeText(key))} is no key of SKILL.md`),
  };
}

type Refuse = (problem: string) => SkillError;

function split(bytes: Uint8Array, refuse: Refuse): { head: string; instructions: string } {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw refuse('it is not UTF-8');
  }
  const lines = text.replaceAll('\r\n', '\n');
  if (!lines.startsWith('---\n')) throw refuse('it does not begin with a line ---');
  const end = /^---[ \t]*$/m.exec(lines.slice(4));
  if (end === null) throw refuse('the frontmatter has no end: a second line --- is missing');
  const head = lines.slice(4, 4 + end.index);
  if (new TextEncoder().encode(head).length > FRONTMATTER) {
    throw refuse(`the frontmatter has more than ${FRONTMATTER} bytes`);
  }
  return { head, instructions: lines.slice(4 + end.index + end[0].length).trim() };
}

function readFields(head: string, refuse: Refuse): ReadonlyMap<string, YamlValue> {
  try {
    const value = parseYaml(head);
    if (value instanceof Map) return value;
  } catch (error) {
    if (!(error instanceof YamlProblem)) throw error;
    throw refuse(`the frontmatter is not acceptable YAML: ${escapeText(error.message)}`);
  }
  throw refuse('the frontmatter is not a mapping of keys to values');
}

function metadataOf(value: YamlValue | undefined, refuse: Refuse): Record<string, string> {
  const metadata: Record<string, string> = {};
  if (value === undefined || value === '') return metadata;
  if (!(value instanceof Map)) throw refuse('metadata must be a mapping of text to text');
  if (value.size > metadataBounds.entries) {
    throw refuse(`metadata has more than ${metadataBounds.entries} entries`);
  }
  for (const [key, member] of value as ReadonlyMap<string, YamlValue>) {
    const shown = JSON.stringify(escapeText(key.slice(0, metadataBounds.key)));
    if (typeof member !== 'string') throw refuse(`metadata has ${shown}, whose value is no text`);
    if (key.length > metadataBounds.key || member.length > metadataBounds.value) {
      throw refuse(`metadata has ${shown}, which is too long`);
    }
    if (escapeText(key) !== key || escapeLines(member) !== member) {
      throw refuse(`metadata has ${shown} with control or invisible characters`);
    }
    setOwn(metadata, key, member);
  }
  return metadata;
}

function invalid(where: string, problem: string): SkillError {
  return new SkillError('SKILL_MD_INVALID', `${escapeText(where)} is refused: ${problem}.`, {
    details: { file: where, reason: problem },
  });
}
