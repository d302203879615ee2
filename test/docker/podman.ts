/**
 * A container engine of the test's own: Podman's service on a temporary socket, with images made of busybox.
 * CONTAINER_ENGINE has the socket of another one to try instead, such as Docker's, with no containers in it.
 */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  accessSync,
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { request, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Daemon } from '../../packages/docker/src/daemon.ts';
import { list, record, text } from '../../packages/docker/src/fields.ts';

const given = process.env['CONTAINER_ENGINE'];

/** Why containers cannot be tested here, or `undefined`. Tests are skipped then, and say so. */
export const missing = whatIsMissing();

function whatIsMissing(): string | undefined {
  if (process.platform !== 'linux') return 'not Linux';
  if (process.getuid?.() !== 0) return 'not root';
  for (const program of given === undefined ? ['podman', 'crun', 'setpriv', 'unshare'] : []) {
    try {
      execFileSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' });
    } catch {
      return `no ${program}`;
    }
  }
  try {
    const { stdout } = { stdout: execFileSync('busybox', ['--list'], { encoding: 'utf8' }) };
    accessSync('/bin/busybox');
    return stdout.includes('wget') ? undefined : 'busybox without wget';
  } catch {
    return 'no busybox';
  }
}

/** For the title of a suite. */
export const unless = missing === undefined ? '' : ` (skipped: ${missing})`;

/** What an image is made of besides busybox. */
export interface ImageContent {
  readonly files?: Readonly<Record<string, string>>;
  /** As in a Dockerfile, such as `VOLUME /data`. */
  readonly changes?: readonly string[];
  /** Changes the tree before it is packed. */
  readonly prepare?: (root: string) => void;
}

export class Podman {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), 'sk-')));
  readonly socket = given ?? join(this.folder, 's');
  readonly daemon = new Daemon(this.socket, 20_000);
  #service: ChildProcess | undefined;

  /** @param environment of the service, which no container may see */
  static async start(environment: Readonly<Record<string, string>> = {}): Promise<Podman> {
    const podman = new Podman();
    try {
      if (given === undefined) await podman.#start(environment);
      return podman;
    } catch (error) {
      await podman.close();
      throw error;
    }
  }

  async #start(environment: Readonly<Record<string, string>>): Promise<void> {
    writeFileSync(
      join(this.folder, 'containers.conf'),
      '[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]\n' +
        '[engine]\ncgroup_manager = "cgroupfs"\nevents_logger = "none"\nruntime = "crun"\n',
    );
    const log = openSync(join(this.folder, 'log'), 'w');
    // A machine with both versions of control groups has one that Podman takes for all of them.
    const script =
      'if [ -d /sys/fs/cgroup/unified ]; then umount /sys/fs/cgroup/unified; fi; exec "$@"';
    const service = ['podman', ...this.#places(), 'system', 'service', '--time=0'];
    const args = ['-m', 'sh', '-c', script, 'sh', ...service, `unix://${this.socket}`];
    // It ends with the test, however that ends.
    this.#service = spawn('setpriv', ['--pdeathsig', 'KILL', 'unshare', ...args], {
      stdio: ['ignore', log, log],
      detached: true,
      env: { ...this.#environment(), ...environment },
    });
    while (!existsSync(this.socket)) {
      if (this.#service.exitCode !== null)
        throw new Error(readFileSync(join(this.folder, 'log'), 'utf8'));
      await delay(20);
    }
    await this.daemon.apiVersion();
  }

  /** Imports an image. */
  async image(
    name: string,
    { files = {}, changes = [], prepare }: ImageContent = {},
  ): Promise<void> {
    const root = mkdtempSync(join(this.folder, 'image-'));
    for (const folder of ['bin', 'etc', 'tmp', 'proc', 'dev', 'sys']) mkdirSync(join(root, folder));
    chmodSync(root, 0o755);
    chmodSync(join(root, 'tmp'), 0o1777);
    copyFileSync('/bin/busybox', join(root, 'bin/busybox'));
    chmodSync(join(root, 'bin/busybox'), 0o755);
    for (const applet of execFileSync('busybox', ['--list'], { encoding: 'utf8' }).split('\n'))
      if (applet !== '' && applet !== 'busybox') symlinkSync('busybox', join(root, 'bin', applet));
    for (const [path, content] of Object.entries(files)) writeFileSync(join(root, path), content);
    prepare?.(root);
    const archive = execFileSync('tar', ['-C', root, '-c', '.'], { maxBuffer: 2 ** 28 });
    rmSync(root, { recursive: true });
    const [repo = '', tag = 'latest'] = name.split(/:(?=[^/]*$)/);
    const query = new URLSearchParams({ fromSrc: '-', repo });
    for (const change of ['ENV PATH=/bin', ...changes]) query.append('changes', change);
    const id = await this.#import(`/images/create?${query}`, archive);
    // Podman takes no tag above.
    await this.daemon.post(`/images/${id}/tag`, { query: { repo, tag } });
  }

  async #import(path: string, archive: Buffer): Promise<string> {
    const sent = request({ socketPath: this.socket, method: 'POST', path, agent: false });
    sent.setHeader('content-type', 'application/x-tar').end(archive);
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    let said = '';
    for await (const chunk of response) said += String(chunk);
    const id = /sha256:[0-9a-f]{64}/.exec(said)?.[0];
    if (response.statusCode !== 200 || id === undefined) throw new Error(said);
    return id;
  }

  /** Names of all containers that there are. */
  async containers(): Promise<string[]> {
    const found = list(await this.daemon.get('/containers/json', { query: { all: 'true' } }));
    return found.map((each) => text(list(record(each)['Names'])[0]).replace(/^\//, ''));
  }

  async volumes(): Promise<number> {
    return list(record(await this.daemon.get('/volumes'))['Volumes'] ?? []).length;
  }

  async close(): Promise<void> {
    const service = this.#service;
    if (service?.pid !== undefined && service.exitCode === null) {
      for (const name of await this.containers().catch(() => [])) {
        await this.daemon.post(`/containers/${name}/kill`).catch(() => {});
        await this.daemon.delete(`/containers/${name}`, { query: { force: 'true' } });
      }
      const { promise, resolve } = Promise.withResolvers<void>();
      service.once('exit', () => resolve());
      process.kill(-service.pid, 'SIGKILL');
      await promise;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  #places(): string[] {
    const [root, run] = ['root', 'run'].map((name) => join(this.folder, name));
    return ['--root', root!, '--runroot', run!, '--storage-driver', 'vfs'];
  }

  #environment(): NodeJS.ProcessEnv {
    const { PATH, HOME } = process.env;
    return { PATH, HOME, CONTAINERS_CONF: join(this.folder, 'containers.conf') };
  }
}
