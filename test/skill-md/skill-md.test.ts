/** The four tools over SKILL.md folders, in an engine: what they give, and what a hostile model or folder gets. */
import {
  copyFileSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import {
  createEngine,
  createSkillTools,
  MemoryAuditStore,
  toolLists,
  type EngineOptions,
  type ExecutionResult,
  type SkillMdOptions,
} from '@skill-engine/engine';
import { buildGuest } from '../guests/build.ts';
import { probe } from '../guests/probe.ts';

const folder = mkdtempSync(join(tmpdir(), 'skill-md-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let roots: string;
let outside: string;
beforeEach(() => {
  const fresh = mkdtempSync(join(folder, 'case-'));
  roots = join(fresh, 'skills');
  outside = join(fresh, 'outside');
  put('demo/SKILL.md', head('demo'));
  put('demo/references/forms.md', 'forms');
  put('../outside/secret.md', 'secret');
});

function put(path: string, content: string): string {
  const file = join(roots, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  return file;
}

const head = (name: string, more = '') =>
  `---\nname: ${name}\ndescription: Shows ${name}.\n${more}---\nUse ${name} well.\n`;

/** A skill whose one tool evaluates JavaScript in the sandbox. */
async function putProbe(name = 'demo', capabilities = ''): Promise<string> {
  put(`${name}/skill.toml`, `[skill]\nname = "${name}"\ncomponent = "tool.wasm"\n${capabilities}`);
  copyFileSync(await buildGuest('probe'), join(roots, name, 'tool.wasm'));
  return join(roots, name);
}

async function open(options: SkillMdOptions = {}, engineOptions: EngineOptions = {}) {
  const engine = await createEngine({
    home: join(folder, 'home'),
    audit: new MemoryAuditStore(),
    ...engineOptions,
  });
  const tools = createSkillTools(engine, { roots: [roots], ...options });
  const records = async () => (await engine.audit.query({})).records;
  const read = (path: string, skill = 'demo') => tools.call('read_skill_resource', { skill, path });
  const script = (parameters: object, options_ = {}) =>
    tools.call('run_skill_script', { skill: 'demo', script: 'eval', parameters }, options_);
  return { engine, tools, records, read, script, [Symbol.asyncDispose]: () => engine.close() };
}

const code = (result: ExecutionResult) => (result.ok ? 'ok' : result.error.code);

describe('the four tools', () => {
  it('list, load, read and run, each call recorded with user and caller', async () => {
    put('demo/SKILL.md', head('demo', 'license: MIT\nmetadata: { by: us }\nallowed-tools: Read\n'));
    await putProbe();
    await using bench = await open();
    expect(bench.tools.problems).toEqual([]);
    expect(bench.tools.tools.map(({ name }) => name)).toEqual([
      'list_skills',
      'load_skill',
      'read_skill_resource',
      'run_skill_script',
    ]);
    const list = await bench.tools.call('list_skills', {}, { user: 'ada' });
    expect(list.value).toEqual([{ name: 'demo', description: 'Shows demo.', license: 'MIT' }]);
    const loaded = await bench.tools.call('load_skill', { skill: 'demo' });
    expect(loaded.value).toMatchObject({
      name: 'demo',
      instructions: 'Use demo well.',
      metadata: { by: 'us' },
      allowed_tools: ['Read'],
      resources: ['references/forms.md'],
      scripts: [{ name: 'eval', parameters: { type: 'object' } }],
    });
    const resource = await bench.read('references/forms.md');
    expect(resource.value).toEqual({ skill: 'demo', path: 'references/forms.md', text: 'forms' });
    const ran = await bench.script(probe('return 6 * 7'), { user: 'ada', caller: { agent: 'x' } });
    expect(JSON.stringify(ran.value)).toContain('42');
    const records = await bench.records();
    const own = records.find(({ tool_name }) => tool_name === 'run_skill_script')!;
    const guest = records.find(({ tool_name }) => tool_name === 'eval')!;
    expect(own).toMatchObject({ skill_name: 'engine.skills', status: 'success', user: 'ada' });
    expect(own).toMatchObject({ execution_id: ran.executionId, component_sha256: null });
    expect(guest).toMatchObject({ skill_name: 'demo', status: 'success', user: 'ada' });
    expect(guest.caller).toEqual({ agent: 'x', 'engine:parent': ran.executionId });
    expect(guest.component_sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(records).toHaveLength(5);
    expect(bench.engine.metrics().tools.map(({ skill, tool }) => `${skill}/${tool}`)).toContain(
      'engine.skills/load_skill',
    );
  });

  it('never record the parameters of a script but as the script has them recorded', async () => {
    await putProbe();
    await using bench = await open();
    await bench.script({ ...probe('return 1'), args: { apiKey: 'hunter2-of-args' } });
    await bench.script({ code: 5, hidden: 'hunter2-refused' });
    const records = await bench.records();
    const own = records.filter(({ tool_name }) => tool_name === 'run_skill_script');
    expect(own).toHaveLength(2);
    for (const record of own) {
      expect(record.parameters).toMatchObject({ script: 'eval', parameters: '[REDACTED]' });
    }
    expect(JSON.stringify(records)).not.toContain('hunter2-of-args');
  });

  it('are judged by the policy, and so is the script itself, on its own name', async () => {
    await putProbe();
    const denied = async (deny: string, tool: string, parameters: object) => {
      await using bench = await open({}, { hooks: [toolLists({ deny: [deny] })] });
      const result = await bench.tools.call(tool, parameters);
      const last = (await bench.records()).find(({ tool_name }) => tool_name === tool);
      return [code(result), last?.status];
    };
    const run = { skill: 'demo', script: 'eval', parameters: probe('return 1') };
    const refused = ['POLICY_DENIED', 'denied'];
    expect(await denied('engine.skills/list_skills', 'list_skills', {})).toEqual(refused);
    expect(await denied('engine.skills', 'load_skill', { skill: 'demo' })).toEqual(refused);
    expect(await denied('demo/eval', 'run_skill_script', run)).toEqual(refused);
    expect(await denied('demo/other', 'run_skill_script', run)).toEqual(['ok', 'success']);
  });

  it('excluded ones are not there, also for whoever calls them, and cannot be replaced', async () => {
    await putProbe();
    await using bench = await open({ excludeTools: ['load_skill', 'run_skill_script'] });
    expect(bench.tools.problems).toMatchObject([{ where: 'excludeTools' }]);
    expect(bench.tools.tools.map(({ name }) => name)).toEqual([
      'list_skills',
      'read_skill_resource',
    ]);
    for (const name of ['load_skill', 'run_skill_script', '__proto__', 'constructor']) {
      const result = await bench.tools.call(name, { skill: 'demo', script: 'eval' });
      expect(code(result)).toBe('TOOL_NOT_FOUND');
      expect((await bench.records())[0]).toMatchObject({ tool_name: name, status: 'failure' });
    }
    expect(code(await bench.engine.execute('engine.skills', 'load_skill', {}))).toBe(
      'SKILL_NOT_FOUND',
    );
    for (const path of ['SKILL.md', 'skill.md', 'SKILL.MD']) {
      expect(code(await bench.read(path))).toBe('RESOURCE_REFUSED');
    }
    expect(bench.engine.tools()).toEqual([]);
  });

  it.each([
    [{ excludeTools: ['load-skill'] }],
    [{ extensions: ['md'] }],
    [{ extensions: ['.*'] }],
    [{ maxDepth: -1 }],
    [{ maxDepth: Number.POSITIVE_INFINITY }],
    [{ roots: ['/nowhere/at/all'] }],
  ])('options that are none are refused: %j', async (options) => {
    await expect(open(options as SkillMdOptions)).rejects.toMatchObject({
      code: 'INVALID_OPTIONS',
    });
  });
});

describe('resources', () => {
  const refusedPaths = [
    '../outside/secret.md',
    'references/../../../outside/secret.md',
    '/etc/passwd.md',
    '//etc/passwd.md',
    'references//forms.md',
    './references/forms.md',
    'references/./forms.md',
    '..\\outside\\secret.md',
    'C:\\secret.md',
    'C:secret.md',
    'references\\forms.md',
    'references/forms.md\u0000',
    'references/forms\u0000.md',
    'references/forms.md\u202e',
    'references/forms.md.',
    'references/forms.md ',
    '.hidden.md',
    '.git/config.md',
    '',
    '.',
    '..',
    'references',
    'a.md.sh',
    'run.sh',
    'run.SH',
    'a.md/run.py',
    '.md',
    'no-extension',
    'fοrms.md',
    'con.md',
    `${'a/'.repeat(40)}b.md`,
  ];

  it('paths that are no plain name of a resource are refused, without a look at the disk', async () => {
    put('demo/a.md.sh', 'x');
    put('demo/run.sh', 'x');
    put('demo/.hidden.md', 'x');
    put('demo/.git/config.md', 'x');
    await using bench = await open();
    for (const path of refusedPaths) {
      expect([path, code(await bench.read(path))]).toEqual([path, 'RESOURCE_REFUSED']);
    }
    const records = await bench.records();
    expect(records).toHaveLength(refusedPaths.length);
    for (const { status } of records) expect(status).toBe('denied');
  });

  it('encodings and variables mean those characters and nothing else', async () => {
    await using bench = await open();
    for (const path of [
      '%2e%2e/outside/secret.md',
      'references%2fforms.md',
      '~/secret.md',
      '$HOME/x.md',
    ]) {
      expect(code(await bench.read(path))).toBe('RESOURCE_NOT_FOUND');
      put(`demo/${path}`, 'literal');
      expect((await bench.read(path)).value).toMatchObject({ text: 'literal' });
    }
  });

  it('links are refused, to files and to directories, and are not listed', async () => {
    symlinkSync(join(outside, 'secret.md'), join(roots, 'demo/link.md'));
    symlinkSync(outside, join(roots, 'demo/away'));
    linkSync(join(outside, 'secret.md'), join(roots, 'demo/hard.md'));
    await using bench = await open();
    for (const path of ['link.md', 'away/secret.md', 'hard.md']) {
      const result = await bench.read(path);
      expect(code(result)).toBe('RESOURCE_REFUSED');
      expect(JSON.stringify(result)).not.toContain('secret"');
    }
    const { value } = await bench.tools.call('load_skill', { skill: 'demo' });
    expect(value).toMatchObject({ resources: ['hard.md', 'references/forms.md'] });
  });

  it('what is swapped for a link after the discovery is refused', async () => {
    await using bench = await open();
    renameSync(join(roots, 'demo/references'), join(roots, 'demo/kept'));
    symlinkSync(outside, join(roots, 'demo/references'));
    put('../outside/forms.md', 'secret');
    expect(code(await bench.read('references/forms.md'))).toBe('RESOURCE_REFUSED');
    renameSync(join(roots, 'demo'), join(roots, '../moved'));
    symlinkSync(outside, join(roots, 'demo'));
    put('../outside/SKILL.md', head('demo'));
    expect(code(await bench.read('secret.md'))).toBe('RESOURCE_REFUSED');
    expect(code(await bench.tools.call('load_skill', { skill: 'demo' }))).toBe('SKILL_MD_INVALID');
  });

  it('sizes, text and extensions are bounded as the operator says', async () => {
    put('demo/large.txt', 'x'.repeat(512 * 1024 + 1));
    put('demo/full.txt', 'x'.repeat(512 * 1024));
    writeFileSync(join(roots, 'demo/bytes.txt'), Uint8Array.of(0xff, 0xfe));
    mkdirSync(join(roots, 'demo/folder.md'));
    put('demo/table.tsv', 'x');
    put('demo/Upper.MD', 'x');
    await using bench = await open();
    expect(code(await bench.read('large.txt'))).toBe('RESOURCE_REFUSED');
    expect(code(await bench.read('full.txt'))).toBe('ok');
    expect(code(await bench.read('bytes.txt'))).toBe('RESOURCE_REFUSED');
    expect(code(await bench.read('folder.md'))).toBe('RESOURCE_REFUSED');
    expect(code(await bench.read('table.tsv'))).toBe('RESOURCE_REFUSED');
    expect(code(await bench.read('Upper.MD'))).toBe('ok');
    await using other = await open({ extensions: ['.tsv'] });
    expect(code(await other.read('table.tsv'))).toBe('ok');
    expect(code(await other.read('references/forms.md'))).toBe('RESOURCE_REFUSED');
  });
});

describe('discovery', () => {
  it('goes four levels deep, follows no links, and does not look into skills', async () => {
    put('a/b/c/four/SKILL.md', head('four'));
    put('a/b/c/d/five/SKILL.md', head('five'));
    put('demo/inner/SKILL.md', head('inner'));
    put('.hidden/SKILL.md', head('hidden'));
    put('node_modules/dependency/SKILL.md', head('dependency'));
    put('../outside/linked/SKILL.md', head('linked'));
    symlinkSync(join(outside, 'linked'), join(roots, 'linked'));
    symlinkSync(roots, join(roots, 'loop'));
    await using bench = await open();
    expect(bench.tools.skills).toEqual(['demo', 'four']);
    await using deeper = await open({ maxDepth: 5 });
    expect(deeper.tools.skills).toEqual(['demo', 'five', 'four']);
    await using flat = await open({ roots: [join(roots, 'demo')], maxDepth: 0 });
    expect(flat.tools.skills).toEqual(['demo']);
  });

  it('says what is no skill and why, and goes on with the others', async () => {
    put('other/SKILL.md', head('demo'));
    put('bomb/SKILL.md', `---\na: &a [x]\nb: [*a, *a]\n---\n`);
    mkdirSync(join(roots, 'linked'));
    symlinkSync(join(roots, 'demo/SKILL.md'), join(roots, 'linked/SKILL.md'));
    mkdirSync(join(roots, 'directory/SKILL.md'), { recursive: true });
    await using bench = await open();
    expect(bench.tools.skills).toEqual(['demo']);
    expect(
      bench.tools.problems.map(({ where }) => where.slice(where.lastIndexOf('/') + 1)),
    ).toEqual(['bomb', 'directory', 'linked', 'other']);
    expect(bench.tools.problems.map(({ message }) => message).join('\n')).toMatch(
      /anchors[^]*regular file[^]*symbolic link[^]*folder is called/,
    );
  });

  it('two skills of one name are both out: neither can take the place of the other', async () => {
    put('team/demo/SKILL.md', head('demo'));
    await using bench = await open();
    expect(bench.tools.skills).toEqual([]);
    expect(bench.tools.problems[0]?.message).toContain('Several skills are called demo');
    expect(code(await bench.tools.call('load_skill', { skill: 'demo' }))).toBe('SKILL_NOT_FOUND');
  });

  it('a folder that is put there later is not a skill of this session', async () => {
    await using bench = await open();
    put('later/SKILL.md', head('later'));
    expect(code(await bench.tools.call('load_skill', { skill: 'later' }))).toBe('SKILL_NOT_FOUND');
  });
});

describe('scripts', () => {
  it('for an interpreter are refused, with the way out', async () => {
    const trace = join(outside, 'ran');
    for (const name of ['run.py', 'run.sh', 'run.js']) {
      put(`demo/scripts/${name}`, `touch ${trace}`);
    }
    await using bench = await open();
    for (const script of ['run', 'run.py', 'scripts/run.sh', 'run.js', '../../../bin/sh.exe']) {
      const result = await bench.tools.call('run_skill_script', { skill: 'demo', script });
      expect(code(result)).toBe('SCRIPT_UNSUPPORTED');
      expect(result.error?.message).toContain('WebAssembly component');
    }
    for (const script of ['', 'bash', 'none', '__proto__', 'scripts/../tool']) {
      const result = await bench.tools.call('run_skill_script', { skill: 'demo', script });
      expect(code(result)).toBe('SCRIPT_UNSUPPORTED');
    }
  });

  it('run with what the operator granted, whatever the model asks for', async () => {
    const grants = `capabilities = { filesystem = ["read:${outside}"] }\n`;
    mkdirSync(outside, { recursive: true });
    await putProbe('demo', grants);
    const preopens = probe('return wasi.filesystem.preopens.getDirectories().length');
    const count = async (options: SkillMdOptions) => {
      await using bench = await open(options);
      return (await bench.script(preopens)).value as { value: unknown };
    };
    const none = await count({});
    const given = await count({ scripts: () => ({ grant: 'declared' }) });
    expect([none, given].map((one) => JSON.stringify(one).match(/[01]/)?.[0])).toEqual(['0', '1']);
    await using bench = await open();
    for (const more of [{ grant: 'declared' }, { grants: {} }, { accept: 'I accept' }]) {
      const run = { skill: 'demo', script: 'eval', parameters: preopens, ...more };
      expect(code(await bench.tools.call('run_skill_script', run))).toBe('INVALID_PARAMETERS');
    }
  });

  it('an operator who does not approve the package is heard, and the call is recorded', async () => {
    await putProbe();
    const asked: string[] = [];
    await using bench = await open({
      scripts({ name, digest }) {
        asked.push(`${name} ${digest.length}`);
        throw new Error('not approved');
      },
    });
    expect(code(await bench.script(probe('return 1')))).toBe('INTERNAL');
    expect(asked).toEqual(['demo 64']);
    expect(bench.engine.tools()).toEqual([]);
    expect((await bench.tools.call('load_skill', { skill: 'demo' })).value).toMatchObject({
      scripts: [],
      scripts_problem: { message: 'not approved' },
    });
  });

  it('a folder never takes the place, or the grants, of a skill that is loaded', async () => {
    await putProbe();
    await using bench = await open();
    await bench.engine.load(await putProbe('real/demo', '').then((path) => rename(path)), {});
    const before = bench.engine.tools();
    expect(code(await bench.script(probe('return 1')))).toBe('PACKAGE_CHANGED');
    expect(bench.engine.tools()).toEqual(before);
  });

  it('a folder that changes after it was loaded runs as it was loaded', async () => {
    await putProbe();
    await using bench = await open();
    expect(code(await bench.script(probe('return 1')))).toBe('ok');
    copyFileSync(await buildGuest('answer'), join(roots, 'demo/tool.wasm'));
    expect(code(await bench.script(probe('return 1')))).toBe('ok');
  });

  it('a component without a manifest runs with no capability, under a name of its own', async () => {
    mkdirSync(join(roots, 'demo/scripts'));
    copyFileSync(await buildGuest('probe'), join(roots, 'demo/scripts/look.wasm'));
    await using bench = await open({ scripts: () => ({ grant: 'declared' }) });
    const loaded = await bench.tools.call('load_skill', { skill: 'demo' });
    expect(loaded.value).toMatchObject({ scripts: [{ name: 'look' }] });
    const result = await bench.tools.call('run_skill_script', {
      skill: 'demo',
      script: 'look',
      parameters: probe('return wasi.filesystem.preopens.getDirectories().length'),
    });
    expect(code(result)).toBe('ok');
    expect(JSON.stringify(result.value)).toContain('0');
    expect(bench.engine.tools().map(({ skill }) => skill)).toEqual(['demo.look']);
  });

  it('a component or manifest that is a link is not loaded', async () => {
    await putProbe();
    renameSync(join(roots, 'demo/tool.wasm'), join(outside, 'tool.wasm'));
    symlinkSync(join(outside, 'tool.wasm'), join(roots, 'demo/tool.wasm'));
    await using bench = await open();
    expect(code(await bench.script(probe('return 1')))).toBe('PACKAGE_INVALID');
  });
});

/** Another package of the name `demo`, elsewhere. */
function rename(path: string): string {
  writeFileSync(
    join(path, 'skill.toml'),
    '[skill]\nname = "demo"\nversion = "9.9.9"\ncomponent = "tool.wasm"\n',
  );
  const elsewhere = join(outside, 'demo');
  renameSync(path, elsewhere);
  return elsewhere;
}
