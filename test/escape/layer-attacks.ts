/** An attacker that has left the realm: plain Node without flags or lock, with nothing but layers around it. */
import { createServer, type Server } from 'node:net';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launchProgram } from '../../packages/engine/src/isolate/launch.ts';
import type { Layers } from '../../packages/engine/src/isolate/layers.ts';

const MEMORY_BYTES = 64 * 1024 * 1024;

/** Bodies of async functions that return where the attempt worked; `host` names what the test has prepared. */
const attempts = {
  'connect to the host by TCP': `await reach({ host: '127.0.0.1', port: host.port });`,
  'connect to the host by an abstract socket': `await reach({ path: host.abstractSocket });`,
  'open a socket of its own': `await new Promise((ok, no) => net.createServer().on('error', no).listen(0, '127.0.0.1', ok));`,
  'signal a process of the host': `process.kill(host.pid, 0);`,
  'see a process of the host': `fs.readFileSync('/proc/' + host.pid + '/stat'); if (!fs.readFileSync('/proc/' + host.pid + '/cmdline', 'utf8').includes('vitest')) throw new Error();`,
  'read a public file of the host': `fs.readFileSync(host.folder + '/public.txt');`,
  'read a private file of the host': `fs.readFileSync(host.folder + '/private.txt');`,
  'read the list of users': `fs.readFileSync('/etc/passwd');`,
  'change a file of the host': `fs.writeFileSync(host.folder + '/target.txt', 'changed');`,
  'fill a disk': `const fd = fs.openSync(host.folder + '/world-writable.txt', 'a'); fs.writeSync(fd, 'x');`,
  'start a process': `const { status, error } = require('child_process').spawnSync(process.execPath, ['-e', '']); if (error || status !== 0) throw error ?? new Error(String(status));`,
  'open 100 descriptors': `for (let n = 0; n < 100; n += 1) fs.openSync(process.execPath);`,
  'take 2 GiB of memory': `const all = []; for (let n = 0; n < 16; n += 1) all.push(Buffer.allocUnsafeSlow(128 << 20));`,
} as const;

export type Attempt = keyof typeof attempts;

export const allAttempts = Object.keys(attempts) as Attempt[];

const prelude = `
const fs = require('fs'), net = require('net');
process.on('SIGXFSZ', () => {});
const reach = (to) => new Promise((ok, no) => net.connect(to, ok).on('error', no));
(async () => {
  // Threads must still be possible: V8 and the host need them.
  const thread = await fs.promises.stat('/').then(() => true, () => false);
  const worked = [];
  // The last one may end the process, which has stopped it as well: the report goes before it.
  const [last, ...others] = Object.entries(attempts).reverse();
  for (const [name, attempt] of others.reverse()) {
    try { await attempt(); worked.push(name); } catch {}
  }
  const proc = (() => { try { return fs.readFileSync('/proc/self/status', 'utf8'); } catch { return ''; } })();
  let folder; try { folder = fs.readdirSync('/'); } catch {}
  fs.writeSync(3, JSON.stringify({ worked, uid: process.getuid(), status: proc, root: folder, thread, environment: Object.keys(process.env) }) + '\\n');
  try { await last[1](); } catch { process.exit(0); }
  fs.writeSync(3, JSON.stringify(last[0]));
  process.exit(0);
})();`;

export interface Report {
  /** Attempts that were not stopped. */
  readonly worked: readonly Attempt[];
  readonly uid: number;
  /** `/proc/self/status`, if it could be read. */
  readonly status: string;
  /** Names in `/`. */
  readonly root: readonly string[];
  readonly thread: boolean;
  readonly environment: readonly string[];
}

/** What the attacks are made on: files, listeners and a process of the host. */
export class Host implements AsyncDisposable {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'skill-layers-'));
  readonly #servers: Server[] = [];
  #facts = {};

  async open(): Promise<this> {
    for (const name of ['public', 'private', 'target', 'world-writable']) {
      const mode = name === 'private' ? 0o600 : name === 'world-writable' ? 0o666 : 0o644;
      writeFileSync(join(this.folder, `${name}.txt`), name, { mode });
    }
    // Modes above are cut by the umask.
    chmodSync(join(this.folder, 'world-writable.txt'), 0o666);
    chmodSync(this.folder, 0o755);
    mkdirSync(join(this.folder, 'programs'), { mode: 0o755 });
    const abstractSocket = `\0skill-layers-${process.pid}`;
    const port = await this.#listen({ host: '127.0.0.1', port: 0 });
    await this.#listen({ path: abstractSocket });
    this.#facts = { folder: this.folder, pid: process.pid, port, abstractSocket };
    return this;
  }

  /** Runs every attempt in these layers. */
  async attack(layers: Layers): Promise<Report> {
    const functions = Object.entries(attempts).map(
      ([name, body]) => `${JSON.stringify(name)}: async () => { ${body} }`,
    );
    const script = join(this.folder, 'programs', 'attack.cjs');
    writeFileSync(
      script,
      `const host = ${JSON.stringify(this.#facts)}; const attempts = { ${functions.join(', ')} };${prelude}`,
    );
    const child = launchProgram(script, MEMORY_BYTES, layers, () => ['--no-warnings']);
    let said = '';
    let words = '';
    (child.stdio[3] as NodeJS.ReadableStream).setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    child.stderr!.setEncoding('utf8').on('data', (text: string) => (words += text));
    const code = await new Promise((resolve) => child.on('close', resolve));
    if (said === '') throw new Error(`no report, exit code ${String(code)}: ${words}`);
    const [report = '', last = ''] = said.split('\n');
    const facts = JSON.parse(report) as Report;
    if (last === '') return facts;
    return { ...facts, worked: [...facts.worked, JSON.parse(last) as Attempt] };
  }

  #listen(options: { host: string; port: number } | { path: string }): Promise<number> {
    const server = createServer((socket) => socket.destroy());
    this.#servers.push(server);
    return new Promise((resolve, reject) => {
      server.on('error', reject).listen(options, () => {
        const address = server.address();
        resolve(typeof address === 'object' && address ? address.port : 0);
      });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(
      this.#servers.map((server) => new Promise((resolve) => server.close(resolve))),
    );
    rmSync(this.folder, { recursive: true });
  }
}
