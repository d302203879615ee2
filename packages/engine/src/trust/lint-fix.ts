/** Repairs of a manifest's text that can be made without asking: each is tried, and kept only if it gives nothing more. Pure. */
import { SkillError } from '../errors.ts';
import { canonicalJson } from '../authority/canonical.ts';
import type { Places } from '../authority/types.ts';
import { capabilityDifference } from '../install/differences.ts';
import { parseManifest } from '../manifest/manifest.ts';
import type { Manifest, SkillManifest } from '../manifest/types.ts';
import type { Finding } from './lint-rules.ts';

/** What {@link fixManifest} made of a manifest. */
export interface Fixed {
  /** The manifest, changed. */
  readonly text: string;
  /** Findings that the text no longer has. */
  readonly fixed: readonly Finding[];
}

/**
 * Takes out grants in the short form that nothing uses, and states default limits. Everything else is the author's
 * to decide.
 *
 * @param name the skill that the findings are about
 */
export function fixManifest(
  text: string,
  name: string,
  findings: readonly Finding[],
  places: Places,
): Fixed {
  let current = text;
  const fixed: Finding[] = [];
  // From the end, so that the lines of the others stay where they are.
  for (const finding of findings.toReversed()) {
    const next = edited(current, finding, name);
    if (next === undefined) continue;
    if (next !== current && !isSafe(current, next, name, places)) continue;
    current = next;
    fixed.unshift(finding);
  }
  return { text: current, fixed };
}

function edited(text: string, finding: Finding, name: string): string | undefined {
  if (finding.id === 'grant-unused') return withoutGrant(text, finding);
  if (finding.id === 'limits-missing') return withLimits(text, finding, name);
  return undefined;
}

/** Only where the whole list stands on one line: `filesystem = […]`, `network = […]`. */
function withoutGrant(text: string, { source }: Finding): string | undefined {
  const lines = text.split('\n');
  const line = lines[source.line - 1] ?? '';
  const key = /\.capabilities\.(filesystem|network)(?:\[\d+\])?$/.exec(source.keyPath)?.[1];
  if (key === undefined) return undefined;
  const none = `${key} = ${key === 'network' ? '"none"' : '[]'}`;
  if (line === none) return text;
  if (!new RegExp(`^${key} = \\[[^\\]#]*\\]\\s*$`).test(line)) return undefined;
  lines[source.line - 1] = none;
  return lines.join('\n');
}

function withLimits(
  text: string,
  { lines: [header = '', ...wanted] }: Finding,
  name: string,
): string | undefined {
  const skills = parsed(text)?.skills ?? [];
  const lines = text.split('\n');
  const at = lines.indexOf(header);
  if (at >= 0) {
    if (skills.length !== 1) return undefined;
    lines.splice(at + 1, 0, ...wanted);
    return lines.join('\n');
  }
  // A table of the last skill may stand at the end of the file.
  if (skills.at(-1)?.name !== name) return undefined;
  return `${text.trimEnd()}\n\n${[header, ...wanted].join('\n')}\n`;
}

function isSafe(before: string, after: string, name: string, places: Places): boolean {
  const [old, new_] = [parsed(before), parsed(after)];
  if (old === undefined || new_ === undefined) return false;
  if (old.skills.length !== new_.skills.length) return false;
  return old.skills.every((skill, index) => {
    const other = new_.skills[index]!;
    if (skill.name !== name) return meaning(skill) === meaning(other);
    const asked = [skill, other].map(({ capabilities }) => ({ declared: capabilities, places }));
    const rest = (one: SkillManifest): string =>
      meaning({ ...one, capabilities: skill.capabilities, statedResources: [] });
    return rest(skill) === rest(other) && !capabilityDifference(asked[0]!, asked[1]!).wider;
  });
}

/** Everything but the places in the text. */
function meaning(skill: SkillManifest): string {
  return canonicalJson(
    JSON.parse(
      JSON.stringify(skill, (key, value: unknown) => (key === 'source' ? undefined : value)),
    ),
  );
}

function parsed(text: string): Manifest | undefined {
  try {
    return parseManifest(text, { file: 'skill.toml' });
  } catch (error) {
    if (error instanceof SkillError) return undefined;
    throw error;
  }
}
