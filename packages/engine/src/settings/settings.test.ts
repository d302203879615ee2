import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { combineSettings, type SettingsLayer } from './layers.ts';
import { settingsOptions } from './options.ts';
import { readSetting, readSettings } from './read.ts';
import { settingKeys, settings, type SettingKey } from './table.ts';

const own = (text: string): SettingsLayer => ({
  name: 'user',
  may: 'set',
  values: readSettings(text, { file: 'config.toml' }),
});
const checkout = (text: string): SettingsLayer => ({
  name: 'project',
  may: 'narrow',
  values: readSettings(text, { file: '.skill-engine.toml' }),
});

/** For each setting: what the operator said, what a hostile checkout says, and what still holds. */
const attacks: Readonly<Record<SettingKey, readonly [string, string, unknown][]>> = {
  'audit.store': [
    ['', 'audit.store = "jsonl"', 'sqlite'],
    ['audit.store = "jsonl"', 'audit.store = "sqlite"', 'jsonl'],
  ],
  'audit.durability': [
    ['', 'audit.durability = "process"', 'power'],
    ['audit.durability = "power"', 'audit.durability = "process"', 'power'],
  ],
  'audit.retention.max_age': [
    ['', 'audit.retention.max_age = "0s"', undefined],
    ['audit.retention.max_age = "90d"', 'audit.retention.max_age = "1s"', 90 * 86_400_000],
  ],
  'audit.retention.max_records': [
    ['', 'audit.retention.max_records = 0', undefined],
    ['audit.retention.max_records = 100', 'audit.retention.max_records = 0', 100],
  ],
  'audit.retention.max_bytes': [
    ['', 'audit.retention.max_bytes = 0', undefined],
    ['audit.retention.max_bytes = "1G"', 'audit.retention.max_bytes = 0', 1024 ** 3],
  ],
  'isolation.level': [['', 'isolation.level = "thread"', 'process']],
  'isolation.os': [
    ['', 'isolation.os = "off"', undefined],
    // Untrusted skills would be let off the layers.
    ['', 'isolation.os = "preferred"', undefined],
    ['isolation.os = "required"', 'isolation.os = "preferred"', 'required'],
    ['isolation.os = "preferred"', 'isolation.os = "off"', 'preferred'],
  ],
  'runtimes.docker': [['runtimes.docker = false', 'runtimes.docker = true', false]],
  'runtimes.native': [['runtimes.native = false', 'runtimes.native = true', false]],
  'trust.minimum': [
    ['trust.minimum = "third_party"', 'trust.minimum = "untrusted"', 'third_party'],
    // By rank and not by name: `trusted` comes before `untrusted` in the alphabet.
    ['trust.minimum = "trusted"', 'trust.minimum = "untrusted"', 'trusted'],
  ],
  ceiling: [
    [
      'ceiling.filesystem = ["read:/data"]',
      'ceiling.filesystem = ["write:/"]',
      [{ filesystem: ['read:/data'] }, { filesystem: ['write:/'] }],
    ],
  ],
  'policy.allow_tools': [
    ['policy.allow_tools = ["a"]', 'policy.allow_tools = ["*"]', [['a'], ['*']]],
  ],
  'policy.deny_tools': [['policy.deny_tools = ["a"]', 'policy.deny_tools = []', ['a']]],
  'policy.ask_tools': [['policy.ask_tools = ["a"]', 'policy.ask_tools = []', ['a']]],
  'policy.read_only': [['policy.read_only = true', 'policy.read_only = false', true]],
  'policy.rate': [
    [
      'policy.rate = ["1/minute"]',
      'policy.rate = ["1000/second"]',
      [
        { count: 1, perMs: 60_000, per: 'all' },
        { count: 1000, perMs: 1000, per: 'all' },
      ],
    ],
  ],
  'limits.memory': [['limits.memory = "1M"', 'limits.memory = "1G"', 1024 ** 2]],
  'limits.fuel': [['limits.fuel = 1', 'limits.fuel = 9_000_000_000', 1]],
  'limits.timeout': [['limits.timeout = 1', 'limits.timeout = 86_400', 1000]],
  'limits.output': [['limits.output = "1M"', 'limits.output = "1G"', 1024 ** 2]],
  'limits.disk': [['limits.disk = 0', 'limits.disk = "1G"', 0]],
};

describe('a checkout can only narrow', () => {
  const all = Object.entries(attacks).flatMap(([key, tries]) =>
    tries.map(([mine, theirs, holds]) => [key as SettingKey, mine, theirs, holds] as const),
  );

  it('every setting has its attacker', () => {
    expect(Object.keys(attacks)).toEqual(settingKeys);
    expect(Object.values(attacks).every((tries) => tries.length > 0)).toBe(true);
  });

  it.each(all)('%s: own %j, theirs %j', (key, mine, theirs, holds) => {
    expect(combineSettings([own(mine), checkout(theirs)]).get(key)).toEqual(holds);
    // Neither does it help to say it twice, or from further layers.
    const twice = combineSettings([own(mine), checkout(theirs), checkout(theirs)]).get(key);
    if (Array.isArray(holds)) expect(twice).toEqual(expect.arrayContaining(holds));
    else expect(twice).toEqual(holds);
  });

  it.each([
    ['audit.durability = "process"', 'audit.durability = "power"', 'audit.durability', 'power'],
    ['', 'isolation.os = "required"', 'isolation.os', 'required'],
    ['isolation.level = "thread"', 'isolation.level = "process"', 'isolation.level', 'process'],
    ['', 'trust.minimum = "trusted"', 'trust.minimum', 'trusted'],
    ['', 'policy.read_only = true', 'policy.read_only', true],
    ['limits.timeout = 10', 'limits.timeout = 2', 'limits.timeout', 2000],
    [
      'audit.retention.max_records = 5',
      'audit.retention.max_records = 9',
      'audit.retention.max_records',
      9,
    ],
  ] as const)('and does: own %j, theirs %j', (mine, theirs, key, holds) => {
    const found = combineSettings([own(mine), checkout(theirs)]);
    expect(found.get(key)).toEqual(holds);
    expect(found.explain(key).at(-1)).toMatchObject({
      layer: 'project',
      counts: true,
      source: { file: '.skill-engine.toml', line: 1 },
    });
  });

  it('tells what was said without effect', () => {
    const found = combineSettings([own(''), checkout('\nisolation.os = "off"')]);
    expect(found.explain('isolation.os')).toMatchObject([
      { value: 'off', counts: false, source: { line: 2 } },
    ]);
  });

  it('a ceiling cannot name the server that skills ask for addresses', () => {
    const text = 'ceiling.network = { allowed_domains = ["a.example"], dns = "6.6.6.6" }';
    expect(() => checkout(text)).toThrow(/name server/);
  });
});

describe('reading', () => {
  it.each([
    ['policy.read_olny = true', /^x:1:8: policy\.read_olny: .*did you mean read_only\?/],
    ['[skills]\n', /^x:1:2: skills: found the unknown key "skills"/],
    ['[policy]\n\ndeny_tools = ["a/b/c"]', /^x:3:15: policy\.deny_tools\[0\]: /],
    ['policy.deny_tools = "a"', /did you mean \["a"\]\?/],
    ['limits.memory = "64m"', /did you mean "64M"\?/],
    ['ceiling.filesystem = ["read:data"]', /relative path "data"/],
    ['ceiling.filesytem = []', /did you mean filesystem\?/],
    ['trust.minimum = "quarantine"', /allowed: "untrusted"/],
    ['policy.rate = ["9999999/minute"]', /at most 1000000/],
    ['a =', /^x:1:4: /],
    ['limits = 1', /allowed: a table with memory/],
  ])('%j', (text, message) => {
    expect(() => readSettings(text, { file: 'x' })).toThrow(
      expect.objectContaining({
        code: 'SETTINGS_INVALID',
        message: expect.stringMatching(message),
      }),
    );
  });

  it.each([
    ['policy.read_only', 'true', true],
    ['limits.memory', '64M', 64 * 1024 ** 2],
    ['limits.timeout', '0.5', 500],
    ['limits.fuel', '1000', 1000],
    ['policy.deny_tools', 'a, b/*', ['a', 'b/*']],
    ['policy.allow_tools', '["a"]', [['a']]],
    ['policy.rate', '5/minute', [{ count: 5, perMs: 60_000, per: 'all' }]],
    ['ceiling', '{ filesystem = ["read:/a"] }', [{ filesystem: ['read:/a'] }]],
  ] as const)('%s from %j', (key, text, value) => {
    expect(readSetting(key, text, 'V').get(key)?.value).toEqual(value);
  });

  it.each([
    ['policy.read_only', 'yes'],
    ['limits.fuel', '{}\npolicy = 1'],
    ['ceiling', '{}\n[policy]\nread_only = false'],
    ['limits.memory', '99999999999999999999'],
    ['policy.deny_tools', 'a,,b'],
  ] as const)('%s refuses %j', (key, text) => {
    expect(() => readSetting(key, text, 'V')).toThrow(
      expect.objectContaining({ code: 'SETTINGS_INVALID' }),
    );
  });
});

it('without settings the engine is as it is without options', () => {
  expect(settingsOptions(combineSettings([]))).toEqual({
    engine: {
      auditKind: 'sqlite',
      durability: 'power',
      hooks: [],
      isolation: { level: 'process' },
      trust: { minimum: 'untrusted' },
    },
    load: { limits: {}, isolation: { level: 'process' } },
    runtimes: ['docker', 'native'],
    retention: undefined,
  });
});

it('docs/reference/configuration.md has a row for every setting, as the table says it', () => {
  const path = new URL('../../../../docs/reference/configuration.md', import.meta.url);
  const page = readFileSync(path, 'utf8');
  const rows = [...page.matchAll(/^\| `([a-z_.]+)` \|.*$/gm)].map(([row]) => row);
  const expected = settingKeys.map((key) => {
    const { form, meaning, otherwise, narrowing } = settings[key];
    const cells = [`\`${key}\``, form.allowed, otherwise, meaning, narrowing];
    return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  });
  expect(rows).toEqual(expected);
  for (const [, text = ''] of page.matchAll(/^```toml\n([^]*?)^```/gm)) {
    expect(readSettings(text, { file: 'configuration.md' }).size).toBeGreaterThan(0);
  }
});
