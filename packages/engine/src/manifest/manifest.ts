/** From the text of a `skill.toml` or `skills.toml` to its normal form, or to everything that is wrong with it. */
import { invalid, mapped, Place, type Form, type JsonSchema, type Read } from './form.ts';
import { capabilityDefinitions } from './capabilities.ts';
import { list } from './form-compound.ts';
import type { TableNode } from './node.ts';
import { quoted, Report } from './problem.ts';
import { resources } from './resources.ts';
import { isSkillKey, skill } from './skill.ts';
import { suggest } from './suggest.ts';
import { parseToml } from './toml.ts';
import { parameterDefinitions, tools } from './tools.ts';
import type { Manifest, SkillManifest } from './types.ts';

const several: Form<SkillManifest[]> = mapped(
  list(skill, '[[skills]], one table for each skill', { min: 1, max: 200 }),
  (skills, place) => {
    const seen = new Set<string>();
    for (const { name, source } of skills) {
      if (seen.has(name)) {
        return place.complain(source, {
          found: `a second skill ${quoted(name)}`,
          allowed: 'each name once',
        });
      }
      seen.add(name);
    }
    return skills;
  },
);

function readFile(root: TableNode, place: Place): Read<Pick<Manifest, 'form' | 'skills'>> {
  const known = ['skills', 'skill'];
  let failed = false;
  for (const [key, entry] of root.entries) {
    if (known.includes(key)) continue;
    place.key(key).complain(entry.keyAt, {
      found: `the unknown key ${quoted(key)}`,
      allowed: '[[skills]] or [skill]',
      why: isSkillKey(key) ? 'the keys of a skill stand below one of these' : undefined,
      suggestion: suggest(key, known),
    });
    failed = true;
  }
  const many = root.entries.get('skills');
  const one = root.entries.get('skill');
  if (many !== undefined && one !== undefined) {
    return place.complain(one.keyAt, {
      found: '[skill] beside [[skills]]',
      allowed: 'one of the two',
    });
  }
  const wrongForm =
    many !== undefined && many.value.kind === 'table'
      ? '[[skills]]'
      : one !== undefined && one.value.kind === 'array'
        ? '[[skills]], or [skill] for a single one'
        : undefined;
  if (wrongForm !== undefined) {
    const found = many === undefined ? '[[skill]]' : '[skills]';
    return place.complain((many ?? one)?.keyAt ?? root.at, { found, allowed: wrongForm });
  }
  const skills =
    many !== undefined
      ? several.read(many.value, place.key('skills'))
      : one !== undefined
        ? [skill.read(one.value, place.key('skill'))]
        : place.complain(root.at, { found: 'no skill', allowed: '[[skills]] or [skill]' });
  if (failed || skills === invalid || skills.includes(invalid)) return invalid;
  return { form: many === undefined ? 'skill' : 'skills', skills: skills as SkillManifest[] };
}

/**
 * Reads a manifest. Pure: no file is opened, and unknown keys are errors.
 *
 * @param content the file's bytes, or its text
 * @param options.file what errors call the file
 * @throws SkillError MANIFEST_SYNTAX if it is no TOML 1.1 or exceeds the bounds (1 MiB, nesting 32, …);
 *   MANIFEST_INVALID if it is no manifest. `details.problems` lists every `Problem`, at most 50, in the file's order.
 */
export function parseManifest(
  content: string | Uint8Array,
  options: { readonly file: string },
): Manifest {
  const root = parseToml(content, options.file);
  const report = new Report(options.file);
  const result = readFile(root, new Place(report, ''));
  if (result === invalid || report.failed) throw report.error('MANIFEST_INVALID');
  return { file: options.file, ...result };
}

/** JSON Schema 2020-12 of the manifest, for editors. It knows the forms; the reader knows more. */
export function manifestSchema(): JsonSchema {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Skill Engine manifest (skill.toml, skills.toml)',
    type: 'object',
    properties: {
      skills: { type: 'array', items: { $ref: '#/$defs/skill' }, minItems: 1 },
      skill: { $ref: '#/$defs/skill' },
    },
    oneOf: [{ required: ['skills'] }, { required: ['skill'] }],
    additionalProperties: false,
    $defs: {
      skill: skill.schema,
      ...capabilityDefinitions,
      resources: resources.schema,
      tools: tools.schema,
      ...parameterDefinitions,
    },
  };
}
