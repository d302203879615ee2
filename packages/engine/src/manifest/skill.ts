/** One skill entry. The runtime decides which further keys it may have. */
import { noCapabilities } from '../authority/effective.ts';
import { invalid, mapped, type Form, type Place, type Read } from './form.ts';
import { table } from './form-compound.ts';
import { oneOf } from './form-scalar.ts';
import type { Node } from './node.ts';
import { normaliseResources, type ResourceValues } from './resources.ts';
import { fieldsOf } from './skill-fields.ts';
import type { DeclaredCapabilities, SkillManifest } from './types.ts';

const runtimes = ['wasm', 'docker', 'native'] as const;
type Runtime = (typeof runtimes)[number];

function elsewhere(runtime: Runtime): Readonly<Record<string, string>> {
  const others = runtimes.filter((other) => other !== runtime);
  const reasons = others.flatMap((other) =>
    Object.keys(fieldsOf[other]).map(
      (key) => [key, `it belongs to entries with runtime = "${other}"`] as const,
    ),
  );
  return Object.fromEntries(reasons);
}

const wasm = table(fieldsOf.wasm, {
  required: ['name', 'component'],
  elsewhere: elsewhere('wasm'),
});
const docker = table(fieldsOf.docker, {
  required: ['name', 'runtime', 'image'],
  elsewhere: elsewhere('docker'),
});
const native = table(fieldsOf.native, {
  required: ['name', 'runtime', 'allowed_commands'],
  elsewhere: elsewhere('native'),
});

interface CommonValues {
  readonly name: string;
  readonly version?: string;
  readonly description?: string;
  readonly capabilities?: DeclaredCapabilities;
  readonly resources?: ResourceValues;
  readonly limits?: ResourceValues;
  readonly tools?: SkillManifest['tools'];
  readonly overrides?: SkillManifest['overrides'];
}

function normaliseCommon(value: CommonValues, place: Place, node: Node) {
  if (value.resources !== undefined && value.limits !== undefined) {
    return place.complain(node.at, {
      found: 'resources and limits',
      allowed: 'one of the two; they mean the same',
    });
  }
  const limits = value.resources ?? value.limits;
  return {
    name: value.name,
    version: value.version ?? '0.0.0',
    description: value.description,
    capabilities: value.capabilities ?? noCapabilities,
    overrides: value.overrides ?? {},
    ...normaliseResources(limits),
    tools: value.tools ?? [],
    source: place.span(node.at),
  };
}

const wasmSkill: Form<SkillManifest> = mapped(wasm, (value, place, node): Read<SkillManifest> => {
  const base = normaliseCommon(value, place, node);
  if (base === invalid) return invalid;
  const { component, sha256, config = [] } = value;
  return {
    ...base,
    runtime: 'wasm',
    component,
    sha256,
    config: Object.fromEntries(config.map((entry) => [entry.name, entry.value])),
  };
});

const dockerSkill: Form<SkillManifest> = mapped(
  docker,
  (value, place, node): Read<SkillManifest> => {
    const base = normaliseCommon(value, place, node);
    if (base === invalid) return invalid;
    return {
      ...base,
      runtime: 'docker',
      docker: {
        image: value.image,
        command: value.command,
        user: value.user ?? '1000:1000',
        readOnly: value.read_only ?? true,
        capDrop: value.cap_drop ?? ['ALL'],
        privileged: false,
      },
    };
  },
);

/** The environment lists have three places for native entries; each list may stand in one. */
function nativeEnvironment(
  places: readonly { readonly env_allowlist?: string[]; readonly env_blocklist?: string[] }[],
  own: DeclaredCapabilities['environment'],
  place: Place,
  node: Node,
): Read<DeclaredCapabilities['environment']> {
  const allow = places.flatMap((one) =>
    one.env_allowlist === undefined ? [] : [one.env_allowlist],
  );
  const block = places.flatMap((one) =>
    one.env_blocklist === undefined ? [] : [one.env_blocklist],
  );
  if (own.allowlist.length > 0) allow.push([...own.allowlist]);
  if (own.blocklist.length > 0) block.push([...own.blocklist]);
  if (allow.length > 1 || block.length > 1) {
    const found = `the environment ${allow.length > 1 ? 'allowlist' : 'blocklist'} in two places`;
    return place.complain(node.at, { found, allowed: 'each list in one place' });
  }
  return { ...own, allowlist: allow[0] ?? [], blocklist: block[0] ?? [] };
}

const nativeSkill: Form<SkillManifest> = mapped(
  native,
  (value, place, node): Read<SkillManifest> => {
    const base = normaliseCommon(value, place, node);
    if (base === invalid) return invalid;
    const {
      commands: names,
      allowed_args: allowedArgs = [],
      forbidden_args: forbiddenArgs = [],
      env_allowlist: envAllowlist,
      env_blocklist: envBlocklist,
    } = value.allowed_commands;
    const merged = nativeEnvironment(
      [value, value.allowed_commands],
      base.capabilities.environment,
      place,
      node,
    );
    if (merged === invalid) return invalid;
    return {
      ...base,
      capabilities: { ...base.capabilities, environment: merged },
      runtime: 'native',
      allowedCommands: {
        commands: names,
        allowedArgs,
        forbiddenArgs,
        ...(envAllowlist === undefined ? {} : { envAllowlist }),
        ...(envBlocklist === undefined ? {} : { envBlocklist }),
      },
    };
  },
);

/** Whether some entry has this key. */
export function isSkillKey(key: string): boolean {
  return runtimes.some((runtime) => Object.hasOwn(fieldsOf[runtime], key));
}

const byRuntime = { wasm: wasmSkill, docker: dockerSkill, native: nativeSkill };
const runtimeForm = oneOf(runtimes);

export const skill: Form<SkillManifest> = {
  allowed: 'a table that describes a skill',
  schema: { anyOf: [wasm.schema, docker.schema, native.schema] },
  read(node, place) {
    if (node.kind !== 'table') return place.wrong(node, skill.allowed);
    const stated = node.entries.get('runtime');
    const runtime =
      stated === undefined ? 'wasm' : runtimeForm.read(stated.value, place.key('runtime'));
    return runtime === invalid ? invalid : byRuntime[runtime].read(node, place);
  },
};
