/** From a manifest of Kubiya's Skill Engine (`.skill-engine.toml`) to one of ours, and what of it has no counterpart. Pure. */
import { parseManifest } from '@skill-engine/engine';
import { getStaticTOMLValue, parseTOML } from 'toml-eslint-parser';
import { dockerLines } from './import-kubiya-docker.ts';
import { configLines, environmentLines, type Leave, pathOf } from './import-kubiya-values.ts';
import { type Imported, literal, type Members, members, table, textOf } from './import-lines.ts';

interface Choice {
  /** Only this skill. Default: all. */
  readonly skill?: string | undefined;
  /** Configuration to take. Default: each skill's own default. */
  readonly instance?: string | undefined;
}

const understood = [
  'source',
  'runtime',
  'ref',
  'description',
  'docker',
  'instances',
  'default_instance',
];

/** @throws a plain error when the text is no TOML, or nothing of it can be carried over */
export function importKubiya(text: string, choice: Choice = {}): Imported {
  const manifest = members(getStaticTOMLValue(parseTOML(text, { tomlVersion: '1.0' })));
  const left: string[] = [];
  for (const key of Object.keys(manifest)) {
    if (!['version', 'skills', 'defaults'].includes(key))
      left.push(`${key}: there is no counterpart`);
  }
  const defaults = members(manifest['defaults']);
  const parts = new Map<string, string>();
  for (const [given, value] of Object.entries(members(manifest['skills']))) {
    if (choice.skill !== undefined && given !== choice.skill) continue;
    const leave: Leave = (what, why) => left.push(`skills.${given}${what}: ${why}`);
    const name = given.toLowerCase().replaceAll(/[\s.]+/gu, '-');
    const lines = skillLines(name, members(value), defaults, choice, leave);
    if (lines === undefined) continue;
    const part = `${lines.join('\n')}\n`;
    const problem = parts.has(name) ? `there is another ${name}` : problemOf(part);
    if (problem === undefined) parts.set(name, part);
    else leave('', `left out: ${problem}`);
  }
  if (parts.size === 0) {
    throw new Error(`no skill of it can be carried over\n${left.join('\n')}`.trim());
  }
  return { toml: [...parts.values()].join('\n'), left };
}

/** What our own reader says against an entry. */
function problemOf(part: string): string | undefined {
  try {
    parseManifest(part, { file: 'skills.toml' });
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function skillLines(
  name: string,
  skill: Members,
  defaults: Members,
  choice: Choice,
  leave: Leave,
): string[] | undefined {
  const runtime = skill['runtime'] ?? 'wasm';
  if (runtime === 'native') {
    leave('', 'left out: what a native skill may run stands in its SKILL.md');
    return undefined;
  }
  if (runtime !== 'wasm' && runtime !== 'docker') {
    leave('.runtime', `left out: there is no runtime ${literal(String(runtime))}`);
    return undefined;
  }
  for (const key of Object.keys(skill)) {
    if (!understood.includes(key)) leave(`.${key}`, 'there is no counterpart');
  }
  const description = textOf(skill['description']);
  const head = ['[[skills]]', `name = ${literal(name)}`];
  if (description !== undefined) head.push(`description = ${literal(description)}`);
  const instance = instanceOf(skill, choice, leave);
  const capabilities = capabilityLines(members(instance['capabilities']), defaults, leave);
  const environment = environmentLines(
    { ...members(defaults['env']), ...members(instance['env']) },
    leave,
  );
  if (runtime === 'docker') {
    const docker = dockerLines(members(skill['docker']), capabilities.concurrency, leave);
    if (Object.keys(members(instance['config'])).length > 0)
      leave('.config', 'a docker skill has none');
    if (capabilities.filesystem.length > 0)
      leave('.allowed_paths', 'a docker skill names volumes instead');
    return [...head, ...docker, ...environment];
  }
  return [
    ...head,
    `component = ${literal(componentOf(name, skill, leave))}`,
    ...configLines(members(instance['config']), leave),
    ...capabilities.filesystem,
    ...environment,
    ...table('[skills.resources]', { concurrency: capabilities.concurrency }),
  ];
}

/** A directory means the `skill.wasm` in it. */
function componentOf(name: string, skill: Members, leave: Leave): string {
  const source = textOf(skill['source']) ?? '';
  if (!/^\.{0,2}\//u.test(source)) {
    leave('.source', `${literal(source)} is not fetched; put its component at ./${name}.wasm`);
    return `./${name}.wasm`;
  }
  if (skill['ref'] !== undefined) leave('.ref', 'a component is pinned by sha256 instead');
  if (source.endsWith('.wasm')) return source;
  const folder = source.replace(/\/[^/]*\.[jt]s$/u, '').replace(/\/$/u, '');
  leave('.source', `nothing is built here; its component is expected at ${folder}/skill.wasm`);
  return `${folder}/skill.wasm`;
}

function instanceOf(skill: Members, choice: Choice, leave: Leave): Members {
  const instances = members(skill['instances']);
  const chosen = choice.instance ?? textOf(skill['default_instance']) ?? 'default';
  for (const other of Object.keys(instances)) {
    if (other === chosen) continue;
    leave(`.instances.${other}`, `only one is taken; import with --instance ${other} for this one`);
  }
  const instance = Object.hasOwn(instances, chosen) ? members(instances[chosen]) : {};
  for (const key of Object.keys(instance)) {
    if (!['config', 'env', 'capabilities', 'description'].includes(key))
      leave(`.instances.${chosen}.${key}`, 'there is no counterpart');
  }
  return instance;
}

function capabilityLines(own: Members, defaults: Members, leave: Leave) {
  const shared = members(defaults['capabilities']);
  for (const key of Object.keys({ ...shared, ...own })) {
    if (!['network_access', 'allowed_paths', 'max_concurrent_requests'].includes(key))
      leave(`.capabilities.${key}`, 'there is no counterpart');
  }
  if (own['network_access'] === true || shared['network_access'] === true) {
    leave('.network_access', 'every host cannot be granted; name them under capabilities.network');
  }
  const paths = [own, shared].flatMap(({ allowed_paths: paths }) =>
    Array.isArray(paths) ? (paths as unknown[]) : [],
  );
  const read = paths.flatMap((path) => {
    const found = pathOf(path, '.allowed_paths', leave);
    return found === undefined ? [] : [found];
  });
  if (read.length > 0)
    leave('.allowed_paths', 'for reading only; move what is to be written to write');
  const most = own['max_concurrent_requests'] ?? shared['max_concurrent_requests'];
  const concurrency = typeof most === 'number' && most >= 1 ? most : undefined;
  return { filesystem: table('[skills.capabilities.filesystem]', { read }), concurrency };
}
