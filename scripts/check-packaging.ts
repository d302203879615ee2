/**
 * Packs every published package, lints what was packed, installs the archives in an empty folder
 * and uses them there as a stranger would.
 */
import { execFileSync, type ExecFileSyncOptionsWithStringEncoding } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

interface Named {
  readonly name: string;
}

interface Packed extends Named {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

const root = JSON.parse(readFileSync('package.json', 'utf8')) as { workspaces: string[] };
const published = root.workspaces.filter((folder) => folder.startsWith('packages/'));
const folder = mkdtempSync(join(tmpdir(), 'skill-packaging-'));
const inherited: ExecFileSyncOptionsWithStringEncoding = {
  encoding: 'utf8',
  stdio: ['ignore', 'pipe', 'inherit'],
};

try {
  let problems = 0;
  const names = published.map(
    (path) => (JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')) as Named).name,
  );
  // All at once: each start of npm takes a second.
  const workspaces = names.flatMap((name) => ['-w', name]);
  const packed = Object.values(
    JSON.parse(
      execFileSync(
        'npm',
        ['pack', '--json', '--pack-destination', folder, ...workspaces],
        inherited,
      ),
      // npm 11 answers with a list, npm 12 with an object by package name.
    ) as Record<string, Packed>,
  );
  const archives: string[] = [];
  for (const name of names) {
    const entry = packed.find((one) => one.name === name);
    if (!entry) throw new Error(`npm has not packed ${name}`);
    const archive = join(folder, entry.filename);
    archives.push(archive);
    for (const { path: file } of entry.files) {
      // Tests of templates are part of what `skill new` makes.
      const isOurs = !file.startsWith('templates/');
      if (isOurs && /\.test\.|tsbuildinfo|(^|\/)corpus\//.test(file)) {
        console.error(`${name}: packs ${file}`);
        problems += 1;
      }
    }
    if (!entry.files.some(({ path: file }) => file === 'README.md')) {
      console.error(`${name}: packs no README.md`);
      problems += 1;
    }
    const { buffer: tarball } = Uint8Array.from(readFileSync(archive));
    const { messages, pkg } = await publint({ strict: true, pack: { tarball } });
    for (const message of messages) {
      console.error(`${name}: ${formatMessage(message, pkg)}`);
      problems += 1;
    }
  }
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }');
  execFileSync(
    'npm',
    ['install', '--no-audit', '--no-fund', '--engine-strict=false', ...archives],
    {
      ...inherited,
      cwd: folder,
    },
  );
  const version = execFileSync(
    process.execPath,
    ['node_modules/@skill-engine/cli/bin/skill.js', '--version'],
    {
      ...inherited,
      cwd: folder,
    },
  );
  writeFileSync(
    join(folder, 'use.js'),
    `import { createEngine } from '@skill-engine/engine';
     await using engine = await createEngine({ home: './state' });
     const result = await engine.execute('nobody', 'nothing', {});
     if (result.error?.code !== 'SKILL_NOT_FOUND') throw new Error('unexpected result');
     console.log('the packed engine answers');`,
  );
  writeFileSync(
    join(folder, 'harness.js'),
    `import { assertSucceeds, testSkill } from '@skill-engine/testing';
     import { contractGuest } from '@skill-engine/testing/contracts';
     await using skill = await testSkill(contractGuest);
     assertSucceeds(await skill.run('count'), 1);
     console.log('the packed harness runs a skill');`,
  );
  console.log(version.trim());
  for (const program of ['use.js', 'harness.js']) {
    const env = { ...process.env, SKILL_ENGINE_HOME: join(folder, 'state') };
    const options = { ...inherited, cwd: folder, env };
    console.log(execFileSync(process.execPath, [program], options).trim());
  }
  if (problems > 0) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
