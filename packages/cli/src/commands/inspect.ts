import {
  SkillError,
  capabilityWords,
  createEngine,
  escapeLines,
  escapeText,
} from '@skill-engine/engine';
import type { JsonValue, Limits, Skill } from '@skill-engine/engine';
import { type FlagTable, splitArguments, usage } from '../args.ts';
import { showCapabilities } from '../capabilities-table.ts';
import { type Paint, painter } from '../colours.ts';
import { jsonText, toJson } from '../json.ts';
import {
  type Accepted,
  type Inspected,
  acceptanceOf,
  chooseInspected,
  installedFields,
  installedJson,
} from '../inspected.ts';
import { runtimes } from '../runtimes.ts';
import { type Shell, coloured, write } from '../shell.ts';
import { showCount, showSize } from '../units.ts';

export const flags = {
  json: { type: 'boolean' },
  manifest: { type: 'string' },
  skill: { type: 'string' },
  'show-capabilities': { type: 'boolean' },
} as const satisfies FlagTable;

/** Everything about one skill. Loads it with no capability: a component may have to be asked for its tools. */
export async function inspect(args: readonly string[], shell: Shell): Promise<number> {
  const line = splitArguments(args, { verb: 'inspect', flags });
  const [path, ...more] = line.positionals;
  if (path === undefined || more.length > 0) throw usage('inspect', 'exactly one SKILL is needed');
  const manifest = line.one('manifest');
  if (line.has('show-capabilities')) {
    const options = { manifest, skill: line.one('skill'), json: line.has('json') };
    await showCapabilities(path, options, shell);
    return 0;
  }
  const target = await chooseInspected(path, manifest, line.one('skill'));
  const acceptance = await acceptanceOf(target);
  const skill = await look(target, manifest);
  const paint = painter(coloured(shell, shell.stdout));
  await write(
    shell.stdout,
    line.has('json')
      ? `${jsonText(inspectJson(skill, target, acceptance))}\n`
      : inspectText(skill, target, acceptance, paint),
  );
  return 0;
}

/** What can be told of a skill: of one whose container engine does not answer, what its manifest asks for. */
type Seen = Pick<
  Skill,
  'name' | 'version' | 'description' | 'runtime' | 'sha256' | 'shape' | 'imports' | 'declared'
> &
  Partial<Pick<Skill, 'tools' | 'limits' | 'isolation'>> & { readonly problem?: string };

async function look(
  { load, package: package_ }: Inspected,
  manifest: string | undefined,
): Promise<Seen> {
  await using engine = await createEngine({ runtimes: runtimes() });
  const { name, version, declared, runs } = package_;
  try {
    const skills = await engine.load(load, {
      grant: 'none',
      // Its embedder offers them; here it is only looked at.
      missingInterfaces: 'deny',
      ...(manifest === undefined ? {} : { manifest }),
    });
    const skill = skills.find((one) => one.name === name);
    if (skill?.digest === package_.digest) return skill;
  } catch (error) {
    if (!(error instanceof SkillError) || error.code !== 'ISOLATION_UNAVAILABLE') throw error;
    if (runs === undefined) throw error;
    const { runtime } = runs;
    const nothing = { description: undefined, sha256: null, shape: null, imports: [] };
    return { ...nothing, name, version, declared, runtime, problem: error.message };
  }
  throw new SkillError(
    'COMPONENT_DIGEST_MISMATCH',
    `${name} changed while it was read. Try again.`,
  );
}

function inspectJson(
  skill: Seen,
  { package: { digest, needsConsent, runs }, ...target }: Inspected,
  acceptance: Accepted | undefined,
): JsonValue {
  const { name, version, description, runtime, sha256, shape, imports, limits, declared } = skill;
  return toJson({
    name,
    version,
    description: description ?? null,
    sha256,
    digest,
    package: target.tree ?? null,
    installed: target.installed === undefined ? null : installedJson(target.installed),
    signature: target.signature ?? null,
    runtime,
    runs: runs ?? null,
    shape,
    imports,
    tools:
      skill.tools?.map((tool) => ({
        name: tool.name,
        description: tool.description ?? null,
        parameters: tool.parameters,
      })) ?? null,
    capabilities: declared,
    limits: limits ?? null,
    problem: skill.problem ?? null,
    needsConsent,
    accepted:
      acceptance === undefined ? null : { approver: acceptance.approver, time: acceptance.time },
  });
}

function inspectText(
  skill: Seen,
  target: Inspected,
  acceptance: Accepted | undefined,
  paint: Paint,
): string {
  const { package: package_ } = target;
  const { groups, risks } = capabilityWords(package_.declared, package_.places, package_.runs);
  const rows = (items: readonly string[]): string[] => (items.length === 0 ? ['none'] : [...items]);
  const fields: (readonly [string, readonly string[]])[] = [
    ['sha256', [skill.sha256 ?? 'none']],
    ['digest', [package_.digest]],
    ['accepted', [acceptedText(target, acceptance)]],
    ...installedFields(target),
    ...(skill.shape === null
      ? [['runtime', [runtimeText(skill)]] as const]
      : [['shape', [skill.shape]] as const, ['imports', rows(skill.imports)] as const]),
    [
      'may',
      rows(groups.flatMap(({ verb, items }) => items.map((item) => `${verb.padEnd(15)} ${item}`))),
    ],
    ...(risks.length === 0 ? [] : [['risks', risks] as const]),
    ...(skill.limits === undefined ? [] : [['limits', [limitsText(skill.limits, skill)]] as const]),
    ...(skill.problem === undefined ? [] : [['tools', [`not known. ${skill.problem}`]] as const]),
  ];
  const lines = [`${paint(escapeText(skill.name), 'bold')} ${escapeText(skill.version)}`];
  if (skill.description !== undefined) lines.push(escapeLines(skill.description));
  lines.push('');
  for (const [title, values] of fields) {
    for (const [index, value] of values.entries()) {
      lines.push(`${paint((index === 0 ? title : '').padEnd(9), 'dim')} ${escapeText(value)}`);
    }
  }
  for (const tool of skill.tools ?? []) {
    lines.push('', `${paint('tool', 'dim')} ${paint(escapeText(tool.name), 'bold')}`);
    if (tool.description !== undefined) lines.push(`  ${escapeText(tool.description)}`);
    lines.push(
      ...jsonText(tool.parameters, 2)
        .split('\n')
        .map((text) => `  ${text}`),
    );
  }
  return `${lines.join('\n')}\n`;
}

function runtimeText({ runtime, isolation }: Seen): string {
  return isolation === undefined ? runtime : `${runtime} (${isolation.layers.join(', ')})`;
}

function limitsText(limits: Limits, { runtime }: Seen): string {
  const { memoryBytes, fuel, timeoutMs, outputBytes, diskBytes } = limits;
  return [
    `memory ${showSize(memoryBytes)}`,
    ...(runtime === 'wasm' ? [`fuel ${showCount(fuel)}`] : []),
    `timeout ${timeoutMs / 1000} s`,
    `output ${showSize(outputBytes)}`,
    `disk ${showSize(diskBytes)}`,
  ].join(', ');
}

function acceptedText(
  { package: package_, installed }: Inspected,
  acceptance: Accepted | undefined,
): string {
  if (acceptance !== undefined) return `by ${acceptance.approver} at ${acceptance.time}`;
  if (installed === undefined && !package_.needsConsent) return 'not needed: it asks for nothing';
  return 'no; skill run asks, or takes --accept DIGEST';
}
