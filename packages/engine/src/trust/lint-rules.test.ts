import { expect, test } from 'vitest';
import { parseManifest } from '../manifest/manifest.ts';
import { fixManifest } from './lint-fix.ts';
import { isBroadBlock, isBroadDomain } from './broad.ts';
import { lintSkill } from './lint-rules.ts';

const places = { baseDir: '/skills/demo', home: '/home/ada' };
const limits = '[skill.resources]\nmemory = "64M"\nfuel = 1_000_000\ntimeout = 5\n';
const head = '[skill]\nname = "demo"\ncomponent = "./demo.wasm"\n';

function findings(text: string, imports: readonly string[], whole = `${head}${text}\n${limits}`) {
  const manifest = parseManifest(whole, { file: 'skill.toml' });
  return lintSkill({ manifest: manifest.skills[0]!, table: manifest.form, places, imports });
}

const files = 'wasi:filesystem/types@0.2.12';
const http = 'wasi:http/outgoing-handler@0.2.12';
const tcp = 'wasi:sockets/tcp@0.2.12';
const environment = 'wasi:cli/environment@0.2.12';

const query = ['app:db/query@1.0.0', 'app:db/query@2.0.0'];

const caps = (text: string) => `[skill.capabilities]\n${text}`;

test.each<readonly [string, string, string, readonly string[]]>([
  ['grant-unused', 'warning', caps('filesystem = ["read:./data"]'), [environment]],
  ['grant-unused', 'warning', caps('network = ["https://api.test.com"]'), [environment]],
  ['grant-unused', 'warning', '[skill.capabilities.environment]\nallowlist = ["A"]', []],
  [
    'grant-unused',
    'warning',
    '[skill.capabilities.credentials]\nkey = { hosts = ["api.test.com"] }',
    [],
  ],
  ['grant-unused', 'warning', caps('interfaces = ["app:db/query@1.0.0"]'), []],
  ['import-ungranted', 'note', '', [files]],
  ['import-ungranted', 'note', '', [http]],
  ['import-ungranted', 'note', '', [tcp]],
  ['grant-too-broad', 'error', caps('filesystem = ["read:/"]'), [files]],
  ['grant-too-broad', 'error', caps('filesystem = ["read:~"]'), [files]],
  ['grant-too-broad', 'error', caps('filesystem = ["read:/home"]'), [files]],
  [
    'grant-too-broad',
    'error',
    '[skill.capabilities.network]\nallowed_domains = ["*.com"]\nallowed_ports = [443]\nprotocols = ["https"]',
    [http],
  ],
  [
    'grant-too-broad',
    'error',
    '[skill.capabilities.network]\nallowed_ips = ["0.0.0.0/0"]\nallowed_ports = [443]\nprotocols = ["https"]',
    [http],
  ],
  [
    'grant-too-broad',
    'error',
    caps(
      'network = ["https://api.test.com"]\ncredentials = { key = { hosts = ["api.test.com", "*.com"] } }',
    ),
    [http],
  ],
  ['import-ungranted', 'warning', '', ['app:db/query@1.0.0']],
  ['import-ungranted', 'warning', caps('interfaces = ["app:db/query@2.0.0"]'), query],
  ['import-ungranted', 'error', '', ['wasi:keyvalue/store@0.2.0-draft']],
  [
    'secret-in-environment',
    'warning',
    '[skill.capabilities.environment]\nallowlist = ["GITHUB_TOKEN"]',
    [environment],
  ],
  [
    'secret-in-environment',
    'warning',
    '[skill.capabilities.environment]\npatterns = ["*_TOKEN"]',
    [environment],
  ],
  [
    'secret-in-environment',
    'note',
    '[skill.capabilities.environment]\npatterns = ["AWS_*"]',
    [environment],
  ],
  [
    'sockets-for-http',
    'warning',
    '[skill.capabilities.network]\nallowed_domains = ["api.test.com"]\nallowed_ports = [443]\nprotocols = ["tcp"]',
    [tcp],
  ],
])('finds %s (%s) in: %s', (id, severity, text, imports) => {
  expect(findings(text, imports)).toMatchObject([{ id, severity, source: { file: 'skill.toml' } }]);
});

test.each(['patterns = ["*"]', 'allowlist = ["*"]', 'patterns = ["!AWS_*", "**"]'])(
  'the whole environment is too broad: %s',
  (text) => {
    const found = findings(`[skill.capabilities.environment]\n${text}`, [environment]);
    expect(found).toContainEqual(
      expect.objectContaining({ id: 'grant-too-broad', severity: 'error' }),
    );
  },
);

test('part of the environment is not: nor is what a component imports of WASI, or the manifest names', () => {
  const text = `[skill.capabilities.environment]\npatterns = ["P*", "!*"]\n${caps('interfaces = ["app:db/query"]')}`;
  const imports = [environment, 'wasi:config/store@0.2.0-draft', 'get-config', ...query];
  expect(findings(text, imports)).toEqual([]);
});

const native = (commands: readonly string[], args: readonly string[]) =>
  lintSkill({
    manifest: parseManifest(
      `[skill]\nname = "demo"\nruntime = "native"\n[skill.allowed_commands]\ncommands = ${JSON.stringify(commands)}\nallowed_args = ${JSON.stringify(args)}\n${limits}`,
      { file: 'skill.toml' },
    ).skills[0]!,
    table: 'skill',
    places,
    imports: undefined,
  }).map(({ id, severity, message }) => `${severity} ${id}: ${message}`);

test.each([
  [['sh'], [], '"sh" runs whatever its arguments say'],
  [['/usr/bin/python3.12'], [], '"/usr/bin/python3.12" runs whatever'],
  [['ls', 'xargs'], [], '"xargs" runs whatever'],
  [['git'], ['status', '-*'], '"-*" allows every option of git'],
  [['git', 'ls'], ['--*'], '"--*" allows every option of git, ls'],
  [['git'], ['-**'], '"-**" allows every option'],
])('commands of the machine: %j with %j', (commands, args, says) => {
  expect(native(commands, args)).toEqual([
    expect.stringContaining(`warning grant-too-broad: ${says}`),
  ]);
});

test('a command with few arguments is not too broad, nor is any text where no option is', () => {
  expect(native(['git', 'shfmt', 'python3-config'], ['status', '--short', '*', '-n*'])).toEqual([]);
});

test('has nothing to say where grants, imports and limits fit each other', () => {
  expect(
    findings(caps('filesystem = ["read:./data"]\nnetwork = ["https://api.test.com"]'), [
      files,
      http,
    ]),
  ).toEqual([]);
});

test('says which limits are missing, and the lines for them', () => {
  expect(findings('', [], `${head}[skill.resources]\nfuel = 1\n`)).toMatchObject([
    { id: 'limits-missing', lines: ['[skill.resources]', 'memory = "64M"', 'timeout = 30'] },
  ]);
});

test('stands at the grant, not only at the skill', () => {
  const [finding] = findings(caps('filesystem = ["read:./data", "read:/"]'), [files]);
  expect(finding).toMatchObject({
    source: { line: 5, keyPath: 'skill.capabilities.filesystem[1]' },
  });
});

test.each([
  ['*.com', true],
  ['*.co.uk', true],
  ['*.github.io', true],
  ['*.example.com', false],
  ['com', false],
  ['*.s3.amazonaws.com', true],
])('public suffixes: %s is broad: %s', (domain, expected) => {
  expect(isBroadDomain(domain)).toBe(expected);
});

test.each([
  ['0.0.0.0/0', true],
  ['::/0', true],
  ['10.0.0.0/8', false],
  ['8.0.0.0/7', true],
  ['2001:db8::/32', false],
])('blocks: %s is broad: %s', (block, expected) => {
  expect(isBroadBlock(block)).toBe(expected);
});

function fixed(text: string, imports: readonly string[]): string {
  const manifest = parseManifest(text, { file: 'skill.toml' });
  const found = lintSkill({ manifest: manifest.skills[0]!, table: manifest.form, places, imports });
  return fixManifest(text, 'demo', found, places).text;
}

test('--fix takes out what nothing uses and states limits; then nothing is left', () => {
  const text = `${head}${caps('filesystem = ["read:./data", "read:./more"]\nnetwork = ["https://api.test.com"]\n')}`;
  const after = fixed(text, []);
  expect(after).toContain('filesystem = []\nnetwork = "none"\n');
  expect(after).toContain(
    '[skill.resources]\nmemory = "64M"\nfuel = 10_000_000_000\ntimeout = 30\n',
  );
  expect(fixed(after, [])).toBe(after);
  const again = parseManifest(after, { file: 'skill.toml' }).skills[0]!;
  expect(lintSkill({ manifest: again, table: 'skill', places, imports: [] })).toEqual([]);
});

test.each([
  ['a grant on several lines', `${head}${caps('filesystem = [\n  "read:./data",\n]\n')}${limits}`],
  ['a grant with a comment', `${head}${caps('filesystem = ["read:./data"] # why\n')}${limits}`],
  [
    'a text that only looks like one',
    `${head}description = """\nfilesystem = ["read:/"]\n"""\n${limits}`,
  ],
])('--fix leaves alone what it cannot change safely: %s', (_what, text) => {
  expect(fixed(text, [])).toBe(text);
});

test('--fix never changes what is granted too broadly into a guess', () => {
  const text = `${head}${caps('filesystem = ["read:/"]\n')}${limits}`;
  expect(fixed(text, [files])).toBe(text);
});
