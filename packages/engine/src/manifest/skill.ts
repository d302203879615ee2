/** One skill entry. The runtime decides which further keys it may have. */
import { noCapabilities } from '../authority/effective.ts';
import { Refusal } from '../authority/refusal.ts';
import { capabilities, restriction, variables } from './capabilities.ts';
import {
  described,
  invalid,
  mapped,
  type Form,
  type JsonSchema,
  type Place,
  type Read,
} from './form.ts';
import { list, table } from './form-compound.ts';
import { checkedText, flag, oneOf, parsedText, patternText, text } from './form-scalar.ts';
import type { Node } from './node.ts';
import { normaliseResources, resources, type ResourceValues } from './resources.ts';
import { tools } from './tools.ts';
import type { DeclaredCapabilities, SkillManifest } from './types.ts';

const runtimes = ['wasm', 'docker', 'native'] as const;
type Runtime = (typeof runtimes)[number];

const skillName = patternText(
  'lower-case letters, digits, `-` and `_`, starting with a letter or digit; at most 64',
  /^[a-z0-9][a-z0-9_-]{0,63}$/,
  (given) => given.toLowerCase().replaceAll(/[\s.]+/g, '-'),
);

const version = patternText(
  'a semantic version such as "1.2.0"',
  /^(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})(-[0-9A-Za-z.-]{1,64})?(\+[0-9A-Za-z.-]{1,64})?$/,
  (given) =>
    /^v?[0-9]+\.[0-9]+$/.test(given) ? `${given.replace('v', '')}.0` : given.replace(/^v/, ''),
);

const file = checkedText('the path of a file, relative to the manifest or absolute', (path) => {
  // eslint-disable-next-line no-control-regex -- they are what is refused
  if (path === '' || /[\u0000-\u001f\u007f]/.test(path)) return new Refusal('this is no path');
  return path.includes('://') ? new Refusal('a component is a file, not a URL') : undefined;
});

const sha256 = parsedText({
  allowed: '64 hexadecimal digits',
  schema: { pattern: '^[0-9a-fA-F]{64}$' },
  parse(given) {
    if (/^[0-9a-f]{64}$/i.test(given)) return given.toLowerCase();
    const bare = given.replace(/^sha256:/i, '');
    return new Refusal(undefined, /^[0-9a-f]{64}$/i.test(bare) ? bare.toLowerCase() : undefined);
  },
});

const argument = checkedText('text without NUL', (value) =>
  value.includes('\0') ? new Refusal('it has a NUL') : undefined,
);

const user = parsedText({
  allowed: 'a user other than root such as "1000:1000"',
  parse(given) {
    if (!/^[a-z0-9_][a-z0-9_-]{0,31}(:[a-z0-9_][a-z0-9_-]{0,31})?$/.test(given))
      return new Refusal();
    const [name, group] = given.split(':');
    const isRoot = (part: string | undefined): boolean =>
      part === 'root' || /^0+$/.test(part ?? '');
    return isRoot(name) || isRoot(group) ? new Refusal('this is root', '1000:1000') : given;
  },
});

const onlyFalse: Form<false> = {
  allowed: 'false',
  schema: { const: false },
  read: (node, place) =>
    node.kind === 'boolean' && !node.value
      ? false
      : place.wrong(node, 'false', 'a privileged container has the powers of the host'),
};

const common = {
  name: described(skillName, 'Name of the skill; unique in the file.'),
  version: described(version, 'Semantic version.', { default: '0.0.0' }),
  description: described(text('text'), 'What the skill is for.'),
  resources,
  limits: described(resources, 'Another name for resources.'),
  tools: described(tools, 'Tools by name.'),
  overrides: described(
    restriction,
    "The operator's restriction; can only narrow. Areas left out are not restricted.",
  ),
};

const commands = patternText(
  'a command name or an absolute path, without `..`',
  /^(?!.*\.\.)(\/[A-Za-z0-9._+-]+)*\/?[A-Za-z0-9._+-]+$/,
);

const allowedCommandFields = {
  commands: described(
    list(commands, 'an array of commands', { min: 1 }),
    'Names or absolute paths.',
  ),
  allowed_args: described(
    list(argument, 'an array of arguments'),
    'Arguments that may be given. Default: none.',
  ),
  forbidden_args: described(
    list(argument, 'an array of arguments'),
    'Arguments that never may be given.',
  ),
  env_allowlist: variables('Another name for capabilities.environment.allowlist.'),
  env_blocklist: variables('Another name for capabilities.environment.blocklist.'),
};

const fieldsOf = {
  wasm: {
    ...common,
    runtime: described(oneOf(['wasm']), 'How the skill runs.', { default: 'wasm' }),
    capabilities: described(capabilities('wasm'), 'What the skill asks for.'),
    component: described(file, 'The component.'),
    sha256: described(sha256, 'Digest of the component; a mismatch refuses to load.'),
  },
  docker: {
    ...common,
    runtime: described(oneOf(['docker']), 'How the skill runs.'),
    capabilities: described(capabilities('docker'), 'What the skill asks for.'),
    image: described(
      patternText('an image reference', /^[A-Za-z0-9][A-Za-z0-9._/:@-]{0,510}$/),
      'The image.',
    ),
    command: described(
      list(argument, 'an array of arguments, never a shell line', { min: 1, wrap: false }),
      'argv; never a shell line.',
    ),
    user: described(user, 'User and group in the container.', { default: '1000:1000' }),
    read_only: described(flag, 'Whether the root filesystem is read-only.', { default: true }),
    cap_drop: described(
      list(
        patternText('"ALL" or the name of a kernel capability', /^[A-Z][A-Z_]{1,40}$/),
        'an array of kernel capabilities',
      ),
      'Dropped kernel capabilities.',
      { default: ['ALL'] },
    ),
    privileged: described(onlyFalse, 'Only false.', { default: false }),
    network: described(
      oneOf(['none']),
      'Only "none"; connections stand under capabilities.network.',
      {
        default: 'none',
      },
    ),
  },
  native: {
    ...common,
    runtime: described(oneOf(['native']), 'How the skill runs.'),
    capabilities: described(capabilities('native'), 'What the skill asks for.'),
    allowed_commands: described(
      table(allowedCommandFields, { required: ['commands'] }),
      'What may be run.',
    ),
    env_allowlist: variables('Another name for capabilities.environment.allowlist.'),
    env_blocklist: variables('Another name for capabilities.environment.blocklist.'),
  },
};

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

function normaliseCommon(value: CommonValues, runtime: Runtime, place: Place, node: Node) {
  if (value.resources !== undefined && value.limits !== undefined) {
    return place.complain(node.at, {
      found: 'resources and limits',
      allowed: 'one of the two; they mean the same',
    });
  }
  const limits = value.resources ?? value.limits;
  if (limits?.cpu !== undefined && runtime !== 'docker') {
    return place.complain(node.at, {
      found: `a cpu limit for runtime "${runtime}"`,
      allowed: 'cpu for runtime "docker"; fuel bounds the work of others',
    });
  }
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
  const base = normaliseCommon(value, 'wasm', place, node);
  if (base === invalid) return invalid;
  return { ...base, runtime: 'wasm', component: value.component, sha256: value.sha256 };
});

const dockerSkill: Form<SkillManifest> = mapped(
  docker,
  (value, place, node): Read<SkillManifest> => {
    const base = normaliseCommon(value, 'docker', place, node);
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
    const base = normaliseCommon(value, 'native', place, node);
    if (base === invalid) return invalid;
    const {
      commands: names,
      allowed_args: allowedArgs = [],
      forbidden_args: forbiddenArgs = [],
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
      allowedCommands: { commands: names, allowedArgs, forbiddenArgs },
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
  schema: { anyOf: [wasm.schema, docker.schema, native.schema] satisfies JsonSchema[] },
  read(node, place) {
    if (node.kind !== 'table') return place.wrong(node, skill.allowed);
    const stated = node.entries.get('runtime');
    const runtime =
      stated === undefined ? 'wasm' : runtimeForm.read(stated.value, place.key('runtime'));
    return runtime === invalid ? invalid : byRuntime[runtime].read(node, place);
  },
};
