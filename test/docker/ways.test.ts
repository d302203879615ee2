/** The way to what is mounted: neither a guest, nor a package, nor an image leads it elsewhere or writes on it. */
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createDockerRuntime } from '@skill-engine/docker';
import { createEngine, MemoryAuditStore } from '../../packages/engine/src/index.ts';
import { findMounts } from '../../packages/docker/src/mounts.ts';
import { FakeDaemon, frame, json } from './fake-daemon.ts';
import { missing, Podman, unless } from './podman.ts';
import { codeOf, open, run, said, scripted, skillOf } from './skill.ts';

const head = 'image = "tool"\ncommand = ["tool"]\n';
const none = { sockets: [], dataDirectory: undefined };
let root: string;

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'ways-')));
  for (const folder of ['work/a/sub', 'secret', 'plain']) {
    mkdirSync(join(root, folder), { recursive: true });
    chmodSync(join(root, folder), 0o777);
  }
  for (const folder of ['work', 'work/a']) chmodSync(join(root, folder), 0o777);
  writeFileSync(join(root, 'secret/key'), 'of the host');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const capabilities = (lines: string): string => `[skills.capabilities]\n${lines}`;
const files = (lines: string): string => `[skills.capabilities.filesystem]\n${lines}`;
const codesOf = async (lines: string): Promise<string[]> => {
  const { mounts, denials } = await findMounts(skillOf(head + lines).effective, none);
  return [...mounts.map(({ target }) => target), ...denials.map(({ code }) => code)];
};

describe('a skill that may write a directory', () => {
  const nested: readonly (readonly [string, (at: string) => string])[] = [
    ['writing twice', (at) => files(`write = ["${at}/work", "${at}/work/a/sub"]`)],
    ['two volumes', (at) => capabilities(`volumes = ["${at}/work:/w:rw", "${at}/work/a/sub:/s"]`)],
    [
      'a volume and a grant in it',
      (at) =>
        `${capabilities(`volumes = ["${at}/work:/w:rw"]`)}\n${files(`read = ["${at}/work/a"]`)}`,
    ],
    [
      'a grant and a volume in it',
      (at) =>
        `${capabilities(`volumes = ["${at}/work/a:/s"]`)}\n${files(`write = ["${at}/work"]`)}`,
    ],
    [
      'a mount over what it may write',
      (at) => capabilities(`volumes = ["${at}/work:/w:rw", "${at}/plain:/w/a"]`),
    ],
  ];
  it.each(nested)('is refused what it could lead elsewhere: %s', async (_how, lines) => {
    const daemon = await new FakeDaemon().listen();
    try {
      await expect(open(daemon.socket, head + lines(root))).rejects.toMatchObject({
        code: 'RUNTIME_UNSUPPORTED',
        message: expect.stringContaining('mounted whole'),
      });
    } finally {
      await daemon.close();
    }
  });

  it('is refused it at each call, also where only links show that it could', async () => {
    symlinkSync(join(root, 'work/a/sub'), join(root, 'link'));
    symlinkSync(join(root, 'work'), join(root, 'alias'));
    for (const lines of [
      capabilities(`volumes = ["${root}/work:/w:rw", "${root}/link:/s"]`),
      capabilities(`volumes = ["${root}/alias:/w:rw", "${root}/work/a/sub:/s"]`),
    ]) {
      expect(await codesOf(lines)).toEqual(['/w', 'FILESYSTEM_ESCAPE']);
      renameSync(join(root, 'work/a/sub'), join(root, 'work/moved'));
      symlinkSync(join(root, 'secret'), join(root, 'work/a/sub'));
      expect(await codesOf(lines)).toEqual(['/w', 'FILESYSTEM_ESCAPE']);
      rmSync(join(root, 'work/a/sub'));
      renameSync(join(root, 'work/moved'), join(root, 'work/a/sub'));
    }
    expect(
      await codesOf(capabilities(`volumes = ["${root}/work:/w:rw", "${root}/plain:/s"]`)),
    ).toEqual(['/w', '/s']);
  });

  it('has one more path to it, read-only, as it says', async () => {
    expect(
      await codesOf(capabilities(`volumes = ["${root}/work:/w:rw", "${root}/work:/r"]`)),
    ).toEqual(['/w', '/r']);
  });
});

describe('what is read-only', () => {
  it('is no place to make a mount point in', async () => {
    const lines = capabilities(`volumes = ["${root}/plain:/x", "${root}/secret:/x/in"]`);
    expect(await codesOf(lines)).toEqual(['/x', 'FILESYSTEM_READ_ONLY']);
    symlinkSync('/tmp', join(root, 'plain/in'));
    expect(await codesOf(lines)).toEqual(['/x', 'FILESYSTEM_READ_ONLY']);
    rmSync(join(root, 'plain/in'));
    mkdirSync(join(root, 'plain/in'));
    expect(await codesOf(lines)).toEqual(['/x', '/x/in']);
  });

  it("gets no volume of an image, nor the container engine's own files", async () => {
    const daemon = await new FakeDaemon().listen();
    try {
      const Config = { Volumes: { '/x/kept': {} } };
      daemon.answers.set(
        'GET /image',
        json({ Id: `sha256:${'ab'.repeat(32)}`, Os: 'linux', Config }),
      );
      for (const target of ['/x', '/etc', '/run', '/var', '/sbin', '/usr'])
        await expect(
          open(daemon.socket, head + capabilities(`volumes = ["${root}/plain:${target}"]`)),
          target,
        ).rejects.toMatchObject({ code: 'RUNTIME_UNSUPPORTED' });
      await open(daemon.socket, head + capabilities(`volumes = ["${root}/plain:/x/kept"]`));
    } finally {
      await daemon.close();
    }
  });
});

describe('what came to lead elsewhere while the container was started', () => {
  it('is told by no output, and no parameters go there', async () => {
    const daemon = await new FakeDaemon().listen();
    try {
      const session = await open(daemon.socket, head + files(`read = ["${root}/plain"]`));
      daemon.output = (socket) => void socket.write(frame(1, 'of another place'));
      daemon.answers.set('POST /NAME/start', (response) => {
        renameSync(join(root, 'plain'), join(root, 'moved'));
        symlinkSync('/', join(root, 'plain'));
        setTimeout(() => response.writeHead(204).end(), 50);
      });
      const outcome = await run(session, { parameters: { secret: 'x' } });
      expect(codeOf(outcome)).toBe('CAPABILITY_DENIED');
      expect([outcome.stdout, daemon.input]).toEqual(['', '']);
    } finally {
      await daemon.close();
    }
  });
});

describe('the socket of another container engine', () => {
  afterEach(() => vi.unstubAllEnvs());

  it('is not mounted, nor the directory that it is in', async () => {
    vi.stubEnv('HOME', root);
    mkdirSync(join(root, '.docker/run'), { recursive: true });
    const other = createServer().listen(join(root, '.docker/run/docker.sock'));
    await once(other, 'listening');
    const daemon = await new FakeDaemon().listen();
    try {
      const session = await open(
        daemon.socket,
        head + capabilities(`volumes = ["${root}/.docker:/x"]`),
      );
      expect(codeOf(await run(session))).toBe('CAPABILITY_DENIED');
    } finally {
      other.close();
      await daemon.close();
    }
  });
});

describe('a package', () => {
  it('leads a volume of its own nowhere by a link that it brings along', async () => {
    const daemon = await new FakeDaemon().listen();
    try {
      mkdirSync(join(root, 'skill'));
      symlinkSync('../secret', join(root, 'skill/texts'));
      writeFileSync(
        join(root, 'skill/skill.toml'),
        `[[skills]]\nname = "linked"\nversion = "1.0.0"\nruntime = "docker"\n${head}${capabilities('volumes = ["./texts:/texts"]')}\n`,
      );
      await using engine = await createEngine({
        audit: new MemoryAuditStore(),
        runtimes: [createDockerRuntime({ socket: daemon.socket })],
      });
      await expect(engine.load(join(root, 'skill'), { grant: 'declared' })).rejects.toMatchObject({
        code: 'MANIFEST_INVALID',
        message: expect.stringContaining('symbolic link'),
      });
      expect(daemon.asked).toEqual([]);
    } finally {
      await daemon.close();
    }
  });
});

describe.skipIf(missing !== undefined)(`a guest that leads the way elsewhere${unless}`, () => {
  let podman: Podman;
  beforeAll(async () => {
    podman = await Podman.start();
    await podman.image('plain');
  });
  afterAll(() => podman?.close());

  it('does not come to the rest of the host at its next call', async () => {
    symlinkSync(join(root, 'work/a/sub'), join(root, 'link'));
    const session = await open(
      podman.socket,
      `image = "plain"\n${scripted}\n${capabilities(`volumes = ["${root}/work:/w:rw", "${root}/link:/s:rw"]`)}`,
    );
    const plant = await run(session, {
      script: `mv /w/a/sub /w/gone; ln -s ${root}/secret /w/a/sub`,
    });
    expect(codeOf(plant)).toBe('CAPABILITY_DENIED');
    const taken = await run(session, { script: 'cat /s/key; echo mine > /s/new' });
    expect([taken.stdout, codeOf(taken)]).toEqual(['', 'CAPABILITY_DENIED']);
    expect(readdirSync(join(root, 'secret'))).toEqual(['key']);
    await session.close();
  });

  it('makes nothing in what it may read, by mounts in mounts', async () => {
    mkdirSync(join(root, 'plain/in'));
    const session = await open(
      podman.socket,
      `image = "plain"\n${scripted}\n${capabilities(`volumes = ["${root}/plain:/x", "${root}/secret:/x/in"]`)}`,
    );
    expect(await said(session, 'cat /x/in/key; ls /x')).toBe('of the hostin');
    rmSync(join(root, 'plain/in'), { recursive: true });
    expect(codeOf(await run(session, { script: 'true' }))).toBe('CAPABILITY_DENIED');
    expect(readdirSync(join(root, 'plain'))).toEqual([]);
    await session.close();
  });
});
