/** What of the host is mounted, and what never is, without a container engine. */
import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { areUnchanged, findMounts, type FoundMount } from '../../packages/docker/src/mounts.ts';
import type { HostPlaces } from '../../packages/docker/src/places.ts';
import { containerUser } from '../../packages/docker/src/user.ts';
import { FakeDaemon } from './fake-daemon.ts';
import { codeOf, open, run, skillOf } from './skill.ts';

const head = 'image = "tool"\ncommand = ["tool"]\n';
const none: HostPlaces = { sockets: [], dataDirectory: undefined };
let root: string;

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'mounts-')));
  for (const folder of ['in', 'out', 'in/deep']) mkdirSync(join(root, folder));
  writeFileSync(join(root, 'in/file'), 'x');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const capabilities = (lines: string): string => `${head}[skills.capabilities]\n${lines}`;
const files = (lines: string): string => `${head}[skills.capabilities.filesystem]\n${lines}`;

function find(lines: string, places = none): ReturnType<typeof findMounts> {
  return findMounts(skillOf(lines).effective, places);
}

const shown = (mounts: readonly FoundMount[]): string[] =>
  mounts.map(({ source, target, readOnly }) => `${source} ${target} ${readOnly ? 'ro' : 'rw'}`);

describe('what is granted', () => {
  it('is mounted at its own path, volumes at theirs, outer ones first', async () => {
    mkdirSync(join(root, 'in/x'));
    const { mounts } = await find(
      `${head}[skills.capabilities]\nvolumes = ["${root}/out:/a:rw", "${root}/in/deep:${root}/in/x"]\n` +
        `[skills.capabilities.filesystem]\nread = ["${root}/in"]\nwrite = ["${root}/in/deep"]`,
    );
    expect(shown(mounts)).toEqual([
      `${root}/out /a rw`,
      `${root}/in ${root}/in ro`,
      `${root}/in/deep ${root}/in/deep rw`,
      `${root}/in/deep ${root}/in/x ro`,
    ]);
  });

  it('is resolved at each call: the operator may point a link elsewhere', async () => {
    symlinkSync(join(root, 'in'), join(root, 'now'));
    const lines = files(`read = ["${root}/now"]`);
    expect(shown((await find(lines)).mounts)).toEqual([`${root}/in ${root}/now ro`]);
    rmSync(join(root, 'now'));
    expect((await find(lines)).mounts).toEqual([]);
    symlinkSync(join(root, 'out'), join(root, 'now'));
    expect(shown((await find(lines)).mounts)).toEqual([`${root}/out ${root}/now ro`]);
  });

  it('is checked again when the container was started: swapped for a link, or for another', async () => {
    const lines = files(`read = ["${root}/in"]`);
    const { mounts } = await find(lines);
    expect(await areUnchanged(mounts)).toBe(true);
    renameSync(join(root, 'in'), join(root, 'moved'));
    expect(await areUnchanged(mounts)).toBe(false);
    mkdirSync(join(root, 'in'));
    expect(await areUnchanged(mounts)).toBe(false);
    rmSync(join(root, 'in'), { recursive: true });
    symlinkSync('moved', join(root, 'in'));
    expect(await areUnchanged(mounts)).toBe(false);
  });

  it('ends the container when it came to lead elsewhere while that was started', async () => {
    const daemon = await new FakeDaemon().listen();
    try {
      const session = await open(daemon.socket, files(`read = ["${root}/in"]`));
      daemon.answers.set('POST /NAME/start', (response) => {
        renameSync(join(root, 'in'), join(root, 'moved'));
        symlinkSync('/', join(root, 'in'));
        response.writeHead(204).end();
      });
      expect(codeOf(await run(session))).toBe('CAPABILITY_DENIED');
      expect(daemon.count('DELETE /NAME')).toBe(2);
    } finally {
      await daemon.close();
    }
  });
});

describe('what is never mounted', () => {
  it.each(['/', '/proc', '/proc/1', '/sys', '/sys/kernel', '/dev', '/dev/shm', '/run', '/var/run'])(
    '%s, and what a link leads to there',
    async (path) => {
      symlinkSync(path, join(root, 'link'));
      const volume = await find(capabilities(`volumes = ["${path}:/x"]`));
      const linked = await find(capabilities(`volumes = ["${root}/link:/x"]`));
      for (const { mounts, denials } of [volume, linked]) {
        expect(mounts).toEqual([]);
        expect(denials.map(({ code }) => code)).toEqual(['FILESYSTEM_KIND']);
      }
    },
  );

  /** What a process finds that has mounted something of its own first. */
  function findBehind(
    mount: string,
    grant: string,
    forbidden = '/nothing',
    sockets: readonly string[] = [],
  ): string {
    const module = JSON.stringify(join(import.meta.dirname, '../../packages/docker/src/mounts.ts'));
    const lines = files(`read = ["${grant}"]\nforbidden = ["${forbidden}"]`);
    const authority = JSON.stringify(skillOf(lines).effective);
    const code =
      `const { findMounts } = await import(${module});` +
      `const found = await findMounts(${authority}, ${JSON.stringify({ sockets })});` +
      'console.log(found.mounts.length, ...found.denials.map(({ code, rule }) => `${code}: ${rule}`))';
    const script = `${mount} && exec "$@"`;
    const node = [process.execPath, '--input-type=module', '-e', code];
    return execFileSync('unshare', ['-m', 'sh', '-c', script, 'sh', ...node], {
      encoding: 'utf8',
    }).trim();
  }

  describe.skipIf(process.platform !== 'linux' || process.getuid?.() !== 0)('with mounts', () => {
    it('a kernel interface that is mounted elsewhere', () => {
      expect(findBehind(`mount -t proc proc "${root}/in"`, `${root}/in`)).toBe(
        '0 FILESYSTEM_KIND: interfaces of the kernel are not mounted',
      );
    });

    it('what is forbidden, below a directory that is mounted a second time', () => {
      const mount = `mount --bind "${root}/in" "${root}/out"`;
      const forbidden = '0 FILESYSTEM_FORBIDDEN: something in it is forbidden';
      for (const grant of ['out', 'out/deep', 'out/file'])
        expect(findBehind(mount, join(root, grant), join(root, 'in')), grant).toBe(forbidden);
    });

    it('devices and sockets, of a directory that is mounted a second time', () => {
      const mount = `mount --bind "${root}/in" "${root}/out"`;
      for (const grant of ['out', 'out/deep'])
        expect(
          findBehind(mount, join(root, grant), '/nothing', [join(root, 'in/deep/s')]),
          grant,
        ).toContain('0 FILESYSTEM_KIND: sockets');
      expect(findBehind(`mount --bind /dev "${root}/out"`, join(root, 'out'))).toContain(
        '0 FILESYSTEM_KIND',
      );
    });

    it('a directory in which another file system is mounted, and which is by itself', () => {
      mkdirSync(join(root, 'in/a b'));
      const mount = `mount -t tmpfs none "${root}/in/a b"`;
      expect(findBehind(mount, `${root}/in`)).toBe(
        `0 FILESYSTEM_KIND: another file system is mounted in it, at ${root}/in/a b; grant it by itself`,
      );
      expect(findBehind(mount, `${root}/in/a b`)).toBe('1');
    });
  });

  it("the container engine's socket and data, by a directory around them, beside or inside them", async () => {
    const places = { sockets: [`${root}/in/deep/s`], dataDirectory: `${root}/out/data` };
    mkdirSync(join(root, 'out/data/of-others'), { recursive: true });
    for (const path of ['in', 'in/deep', 'out', 'out/data', 'out/data/of-others', '']) {
      const { mounts, denials } = await find(
        capabilities(`volumes = ["${join(root, path)}:/x"]`),
        places,
      );
      expect([mounts, denials.length], path).toEqual([[], 1]);
    }
    expect(
      (await find(capabilities(`volumes = ["${root}/in/file:/x"]`), places)).mounts,
    ).toHaveLength(1);
  });

  it('sockets and FIFOs', async () => {
    execFileSync('mkfifo', [join(root, 'fifo')]);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(join(root, 'socket'), resolve));
    try {
      for (const name of ['fifo', 'socket']) {
        const { mounts, denials } = await find(files(`read = ["${root}/${name}"]`));
        expect([mounts, denials[0]?.code]).toEqual([[], 'FILESYSTEM_KIND']);
      }
    } finally {
      server.close();
    }
  });

  it('what cannot be looked at', async () => {
    symlinkSync('loop', join(root, 'loop'));
    const { mounts, denials } = await find(files(`read = ["${root}/loop"]`));
    expect([mounts, denials[0]?.rule]).toEqual([[], 'it cannot be looked at (ELOOP)']);
  });

  it('what is forbidden, by whatever path it is reached', async () => {
    symlinkSync(join(root, 'in'), join(root, 'alias'));
    for (const [grant, forbidden] of [
      ['alias', 'in/deep'],
      ['alias', 'in'],
      ['in', 'alias/deep'],
      ['in', 'alias/not-yet'],
      ['in/deep', 'alias'],
    ]) {
      const { mounts, denials } = await find(
        files(`read = ["${root}/${grant}"]\nforbidden = ["${root}/${forbidden}"]`),
      );
      expect([mounts, denials[0]?.code], `${grant} ${forbidden}`).toEqual([
        [],
        'FILESYSTEM_FORBIDDEN',
      ]);
    }
  });

  it('what is forbidden, under another name of the same file', async () => {
    execFileSync('ln', [join(root, 'in/file'), join(root, 'out/other')]);
    const { denials } = await find(
      files(`read = ["${root}/out/other"]\nforbidden = ["${root}/in/file"]`),
    );
    expect(denials[0]?.code).toBe('FILESYSTEM_FORBIDDEN');
  });

  it('is a call that is denied, before there is a container', async () => {
    const daemon = await new FakeDaemon().listen();
    try {
      const session = await open(daemon.socket, capabilities('volumes = ["/proc:/x"]'));
      daemon.asked.length = 0;
      const outcome = await run(session);
      expect([codeOf(outcome), outcome.denials.length, daemon.asked]).toEqual([
        'CAPABILITY_DENIED',
        1,
        [],
      ]);
    } finally {
      await daemon.close();
    }
  });
});

describe('a skill that cannot have what it asks for is refused when it is opened', () => {
  it.each([
    [
      'hosts of the network',
      `${head}[skills.capabilities]\nnetwork = ["https://api.example.com"]`,
      'host by host|component',
    ],
    ['interfaces', capabilities('interfaces = ["app:db/query"]'), 'interfaces'],
    [
      'a path that says how it is mounted',
      capabilities('volumes = ["/a,ro=false:/x"]'),
      'syntax of mounts',
    ],
    [
      'a guest path that says how it is mounted',
      capabilities('volumes = ["/a:/x,rw"]'),
      'syntax of mounts',
    ],
    ['a quoted path', files(`read = ['/a"b']`), 'syntax of mounts'],
    ['a mount over the root', files('read = ["/"]'), 'place of the image'],
    ['a mount in /proc', capabilities('volumes = ["/a:/proc/x"]'), 'kernel'],
    ['a mount over /sys', capabilities('volumes = ["/a:/sys"]'), 'kernel'],
    ['a mount in /dev', capabilities('volumes = ["/a:/dev/shm"]'), 'kernel'],
    ['two mounts at one path', capabilities('volumes = ["/a:/x", "/b:/x"]'), 'twice'],
    [
      'something forbidden in what is granted',
      files('read = ["/a"]\nforbidden = ["/a/b"]'),
      'mounted whole',
    ],
    [
      'something read-only in what it may write',
      files('write = ["/a"]\nread = ["/a/b/c"]'),
      'mounted whole',
    ],
    [
      'less memory than a container needs',
      `${head}[skills.resources]\nmemory = "5M"`,
      'needs 6291456 bytes',
    ],
  ])('%s', async (_what, lines, message) => {
    const daemon = await new FakeDaemon().listen();
    try {
      await expect(open(daemon.socket, lines)).rejects.toMatchObject({
        code: 'RUNTIME_UNSUPPORTED',
        message: expect.stringMatching(message),
      });
      expect(daemon.asked).toEqual([]);
    } finally {
      await daemon.close();
    }
  });
});

describe('the user', () => {
  it.each([
    '0',
    'root',
    '0:0',
    '00',
    '+0',
    '-0',
    '0x0',
    '1000:0',
    '0:1000',
    '1000:root',
    ':1000',
    '',
    '1000:',
    ' 0',
    '1e0',
    '4294967296',
    '2147483648',
    '1000:4294967296',
    'nobody',
    '1000:1000:0',
    '٠',
    '1000\n',
    '0b0',
  ])('is never root, nor a name that may be: %j', (user) => {
    expect(() => containerUser(user)).toThrow(
      expect.objectContaining({ code: 'RUNTIME_UNSUPPORTED' }),
    );
  });

  it('is a number with a group, its own if none is said', () => {
    expect(['1000:1000', '65534', '1:2147483647'].map(containerUser)).toEqual([
      '1000:1000',
      '65534:65534',
      '1:2147483647',
    ]);
  });
});
