/**
 * The layer of Node's flags alone: JavaScript that still holds `process` and `require`, in a process
 * started as an isolate is (flags, no environment, kernel limits), tries what ISOLATE names and more.
 * What is allowed here is what only the locked realm takes away.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { nodeFlags } from '../../packages/engine/src/isolate/launch.ts';
import { detectLayers } from '../../packages/engine/src/isolate/layers.ts';

const { layers } = await detectLayers();

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'skill-flags-'));
  writeFileSync(join(folder, 'secret.txt'), 'SECRET');
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Bodies of functions that return normally where the attempt worked; `folder` holds `secret.txt`. */
const attempts: Record<string, string> = {
  'read a file': `return require('fs').readFileSync(folder + '/secret.txt', 'utf8');`,
  'read /etc/passwd': `return require('fs').readFileSync('/etc/passwd').length;`,
  'list a directory': `return require('fs').readdirSync('/');`,
  'write a file': `return require('fs').writeFileSync(folder + '/new', 'x');`,
  'delete a file': `return require('fs').unlinkSync(folder + '/secret.txt');`,
  'SQLite file': `const { DatabaseSync } = require('node:sqlite'); new DatabaseSync(folder + '/new.db').exec('create table t(x)');`,
  'V8 flags that write files': `require('v8').setFlagsFromString('--trace-turbo'); require('v8').setFlagsFromString('--trace-turbo-path=' + folder);`,
  'heap snapshot': `return require('v8').writeHeapSnapshot(folder + '/heap');`,
  'diagnostic report': `return process.report.writeReport(folder + '/report');`,
  'child process': `return require('child_process').execSync('id').toString();`,
  worker: `new (require('worker_threads').Worker)('1', { eval: true });`,
  inspector: `return require('inspector').open(0);`,
  'native addon': `return process.dlopen({ exports: {} }, folder + '/x.node');`,
  'process.binding': `return process.binding('fs');`,
  wasi: `new (require('wasi').WASI)({ version: 'preview1', preopens: { '/': '/' } });`,
  execve: `return process.execve('/bin/true', ['true']);`,
  'foreign functions': `require('node:ffi');`,
  eval: `return (0, eval)('1+1');`,
  Function: `return new Function('return 1')();`,
  environment: `const names = Object.keys(process.env); if (names.length === 0) throw new Error(); return names;`,
  arguments: `if (process.argv.length <= 2) throw new Error(); return process.argv;`,
  'working directory of the host': `if (process.cwd() === '/') throw new Error(); return process.cwd();`,
  'signal to the parent': `process.kill(process.ppid, 0);`,
};

it.each(Object.entries(attempts))('flags alone: %s', (name, body) => {
  const entry = join(folder, 'attack.cjs');
  writeFileSync(
    entry,
    `const folder = __dirname;
     let outcome = 'refused';
     try { (() => { ${body} })(); outcome = 'worked'; } catch {}
     process.stdout.write(outcome);`,
  );
  const before = readdirSync(folder);
  const run = spawnSync(process.execPath, [...nodeFlags(entry), entry], {
    env: {},
    cwd: '/',
    encoding: 'utf8',
  });
  // A process that V8 aborts (a changed flag after the freeze) has refused as well.
  const outcome = run.signal !== null || (run.status ?? 0) > 128 ? 'refused' : run.stdout;
  // Node has no flag against signals: only the locked realm, which has no `process`, stands before them.
  expect(outcome).toBe(name === 'signal to the parent' ? 'worked' : 'refused');
  expect(readdirSync(folder)).toEqual(before);
});

const [major = 0] = process.versions.node.split('.').map(Number);

// The permission model knows the network since Node 25; before, namespaces have to stand in for it.
it(`flags alone: ${major >= 25 ? 'no network' : 'the network is open on this Node'}`, async () => {
  let reached = false;
  const listener = createServer((socket) => {
    reached = true;
    socket.destroy();
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const { port } = listener.address() as AddressInfo;
  const entry = join(folder, 'network.cjs');
  writeFileSync(
    entry,
    `const end = () => process.exit(0);
     try { require('net').connect(${port}, '127.0.0.1').on('error', end).on('close', end); } catch { end(); }`,
  );
  const child = spawn(process.execPath, [...nodeFlags(entry), entry], { env: {}, cwd: '/' });
  await new Promise((resolve) => child.on('close', resolve));
  await new Promise((resolve) => listener.close(resolve));
  rmSync(entry);
  expect(reached).toBe(major < 25);
});

it.runIf(layers.prlimit)('has kernel limits: no file can grow, few descriptors, no core', () => {
  const limits = spawnSync(
    layers.prlimit!,
    [
      '--fsize=0',
      '--nofile=64',
      '--core=0',
      '--',
      process.execPath,
      '-e',
      `
      const fs = require('fs'); process.on('SIGXFSZ', () => {});
      let wrote = 'refused'; try { fs.writeFileSync(${JSON.stringify(join(folder, 'grow'))}, 'x'); wrote = 'worked'; } catch {}
      let opened = 0; try { for (;; opened += 1) fs.openSync('/dev/null', 'r'); } catch {}
      process.stdout.write(JSON.stringify({ wrote, few: opened < 64 }));`,
    ],
    { encoding: 'utf8' },
  );
  expect(JSON.parse(limits.stdout)).toEqual({ wrote: 'refused', few: true });
});
