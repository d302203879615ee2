/** The keys of a skill entry, for each runtime. */
import { Refusal } from '../authority/refusal.ts';
import { capabilities, restriction, variables } from './capabilities.ts';
import { described, referred, type Form } from './form.ts';
import { list, named, table } from './form-compound.ts';
import { checkedText, flag, oneOf, parsedText, patternText, text } from './form-scalar.ts';
import { resources } from './resources.ts';
import { tools } from './tools.ts';

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

const configName = {
  allowed:
    'a name of letters, digits, `_`, `-` and `.`, starting with a letter or `_`; at most 128',
  pattern: /^[A-Za-z_][A-Za-z0-9_.-]{0,127}$/,
};

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
  resources: described(referred('resources', resources), 'Limits of each invocation.'),
  limits: described(referred('resources', resources), 'Another name for resources.'),
  tools: described(referred('tools', tools), 'Tools by name.'),
  overrides: described(
    referred('overrides', restriction),
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

export const fieldsOf = {
  wasm: {
    ...common,
    runtime: described(oneOf(['wasm']), 'How the skill runs.', { default: 'wasm' }),
    capabilities: described(capabilities('wasm'), 'What the skill asks for.'),
    component: described(file, 'The component.'),
    config: described(
      named(configName, text('text'), 'a table of names and texts', 200),
      'Plain configuration values that the guest can read; secrets belong to credentials.',
    ),
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
