/** What a guest in a container tries, against a real container engine. */
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RuntimeSession } from '@skill-engine/engine';
import { missing, Podman, unless } from './podman.ts';
import { codeOf, open, run, said, scripted } from './skill.ts';

const secret = 'http://proxy-secret.example:1';
const namespaces = ['pid', 'ipc', 'uts', 'net', 'mnt'];

/** What one guest tries, step by step; each line that it is answered with. */
const attempts = (port: number): Readonly<Record<string, string>> => ({
  writable:
    'for d in / /open /bin /etc /run /var /var/tmp /dev /proc /sys /tmp /dev/shm; do ' +
    'touch $d/x 2>/dev/null && echo $d; done',
  powers: 'id -u; id -g; grep -E "^(Cap|NoNewPrivs|Seccomp:)" /proc/self/status',
  raised: '/raised/su -c id',
  mknod: 'mknod /tmp/disk b 254 0',
  mount: 'mount -t tmpfs none /tmp',
  chroot: 'chroot /tmp /bin/true',
  devices: 'find /dev -type b -o -type c | grep -v ptmx | sort',
  interfaces: 'ls /sys/class/net | grep -v "^lo$"; cat /proc/net/route | wc -l',
  loopback: `nc -w 2 127.0.0.1 ${port}`,
  outside: 'nc -w 2 192.0.2.1 80',
  names: 'hostname',
  processes: 'ls /proc | grep "^[0-9]"',
  signal: `kill -0 ${process.pid}`,
  settings: 'echo 1 > /proc/sys/kernel/panic',
  masked:
    'for f in /proc/kcore /proc/keys /proc/timer_list; do head -c 1 $f 2>/dev/null | wc -c; done',
  namespaces: `for n in ${namespaces.join(' ')}; do readlink /proc/self/ns/$n; done`,
  limits: 'ulimit -c; ulimit -n',
});

describe.skipIf(missing !== undefined)(`a guest in a container${unless}`, () => {
  let podman: Podman;
  let plain: RuntimeSession;
  let data: string;
  /** What the attempts were answered with. */
  const survey: Record<string, readonly string[]> = {};
  let connections = 0;

  beforeAll(async () => {
    podman = await Podman.start({ HTTP_PROXY: secret, http_proxy: secret, ENGINE_SECRET: secret });
    await podman.image('plain', {
      prepare(root) {
        // A program that is root's for whoever runs it, and says when it is not.
        mkdirSync(join(root, 'raised'), { mode: 0o755 });
        writeFileSync(join(root, 'raised/su'), readFileSync('/bin/busybox'));
        chmodSync(join(root, 'raised/su'), 0o4755);
        for (const place of ['open', 'run', 'var', 'var/tmp']) {
          mkdirSync(join(root, place));
          chmodSync(join(root, place), 0o777);
        }
      },
    });
    data = join(podman.folder, 'data');
    mkdirSync(data);
    chmodSync(data, 0o777);
    writeFileSync(join(data, 'note.txt'), 'on the host');
    plain = await open(podman.socket, `image = "plain"\n${scripted}`);
    const server = createServer(() => connections++).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const script = Object.entries(attempts(port)).map(
      ([name, each]) => `echo @${name}; (${each}) 2>&1`,
    );
    const answers = await said(plain, `${script.join('\n')}\ntrue`);
    server.close();
    for (const part of answers.split(/^@/m).slice(1)) {
      const [name = '', ...told] = part.trimEnd().split('\n');
      survey[name] = told;
    }
  });
  afterAll(async () => {
    await plain?.close();
    await podman?.close();
  });

  it('writes nothing outside of /tmp and /dev/shm', () => {
    expect(survey['writable']).toEqual(['/tmp', '/dev/shm']);
  });

  it('writes no more to /tmp and /dev/shm than its disk, nor does it run what it wrote', async () => {
    const printed = await said(
      plain,
      'for i in 1 2 3 4; do dd if=/dev/zero of=/tmp/$i bs=400k count=1; done 2>/dev/null; ' +
        'for i in 1 2 3 4; do dd if=/dev/zero of=/dev/shm/$i bs=400k count=1; done 2>/dev/null; ' +
        'cat /tmp/* | wc -c; cat /dev/shm/* | wc -c; ' +
        'rm /tmp/* /dev/shm/*; for d in /tmp /dev/shm; do printf "#!/bin/sh\\necho ran" > $d/p; chmod +x $d/p; $d/p; done; true',
    );
    expect(printed).toBe('1048576\n1048576');
  });

  it('writes nothing at all where its disk is nothing', async () => {
    const outcome = await run(plain, { script: 'touch /tmp/x', limits: { diskBytes: 0 } });
    expect(codeOf(outcome)).toBe('TOOL_FAILED');
    expect(outcome.stderr).toContain('Read-only file system');
  });

  it('has no more processes than it may', async () => {
    // A bomb that shows how far it came: sleeping shells, until none can be made.
    const script = 'i=0; while [ $i -lt 400 ]; do sleep 20 & i=$((i+1)); done; wait';
    const { stderr, answer } = await run(plain, { script });
    expect(stderr).toContain("can't fork");
    expect(answer).toHaveProperty('error');
    expect(await podman.containers()).toEqual([]);
  });

  it('has no more memory than it may, and swap is none of it', async () => {
    const script = 'x=aaaaaaaaaaaaaaaa; while true; do x=$x$x; done';
    const { answer } = await run(plain, { script, limits: { memoryBytes: 16 * 1024 * 1024 } });
    const { error } = answer as unknown as {
      error: { code: string; details: { exitCode: number } };
    };
    // Podman does not always see why the kernel killed it; the exit code tells that it did.
    expect(['MEMORY_LIMIT', 'TOOL_FAILED']).toContain(error.code);
    expect(error.details.exitCode).toBe(137);
  });

  it('prints no more than it may', async () => {
    const outcome = await run(plain, { script: 'yes', limits: { outputBytes: 10_000 } });
    expect(codeOf(outcome)).toBe('OUTPUT_LIMIT');
    expect(outcome.stdout.length + outcome.stderr.length).toBe(10_000);
    expect(await podman.containers()).toEqual([]);
  });

  it('ends at once when its time is up, whatever signals it ignores', async () => {
    const session = await open(
      podman.socket,
      `image = "plain"\n${scripted}\n[skills.capabilities]\nvolumes = ["${data}:/data:rw"]`,
    );
    const script = 'trap "" TERM INT HUP; echo up; touch /data/up; while true; do sleep 1; done';
    const stop = new AbortController();
    const running = run(session, { script, signal: stop.signal });
    while (!existsSync(join(data, 'up'))) await setImmediate();
    stop.abort();
    const outcome = await running;
    expect(codeOf(outcome)).toBe('CANCELLED');
    expect(outcome.stdout).toBe('up\n');
    expect(await podman.containers()).toEqual([]);
  });

  it('is nobody: no capability, no way to one, and a filter of system calls', () => {
    const lines = survey['powers']?.map((line) => line.replace(/\s+/, ' '));
    expect(lines).toEqual([
      '1000',
      '1000',
      'CapInh: 0000000000000000',
      'CapPrm: 0000000000000000',
      'CapEff: 0000000000000000',
      'CapBnd: 0000000000000000',
      'CapAmb: 0000000000000000',
      'NoNewPrivs: 1',
      'Seccomp: 2',
    ]);
  });

  it('is not raised by a setuid program', () => {
    expect(survey['raised']).toEqual(['su: must be suid to work properly']);
  });

  it('makes no device, mounts nothing, and changes no root', () => {
    expect(survey['mknod']?.join()).toContain('Operation not permitted');
    expect(survey['mount']?.join()).toMatch(/permission denied|not permitted/i);
    expect(survey['chroot']?.join()).toContain('Operation not permitted');
  });

  it('sees no device of the host', () => {
    const ordinary = ['full', 'null', 'random', 'tty', 'urandom', 'zero'];
    expect(survey['devices']).toEqual(ordinary.map((name) => `/dev/${name}`));
  });

  it('reaches nobody: neither the host nor the loopback of it', () => {
    expect(survey['interfaces']).toEqual(['1']);
    expect(survey['loopback']?.join()).toContain('refused');
    expect(survey['outside']?.join()).toContain('unreachable');
    expect(connections).toBe(0);
  });

  it('sees no process, name or memory of the host', () => {
    expect(survey['signal']?.join()).toContain('No such process');
    expect(survey['processes']?.length).toBeLessThan(6);
    expect(survey['names']).toEqual(['skill']);
    expect(survey['settings']?.join()).toContain('Read-only file system');
    expect(survey['masked']).toEqual(['0', '0', '0']);
  });

  it('shares no namespace with the host', () => {
    const own = namespaces.map((name) => readlinkSync(`/proc/self/ns/${name}`));
    expect(survey['namespaces']).toHaveLength(own.length);
    expect(survey['namespaces']?.filter((each) => own.includes(each))).toEqual([]);
  });

  it('gets the variables of its call, and none of the engine', async () => {
    const printed = await said(plain, 'env', {
      environment: [
        ['GIVEN', 'yes'],
        ['SKILL_TOOL', 'no'],
      ],
    });
    const names = printed.split('\n').map((line) => line.split('=')[0]);
    expect(printed).not.toContain('secret');
    expect(printed).toContain('\nGIVEN=yes');
    expect(printed).toContain('\nSKILL_TOOL=run');
    const allowed = [
      'HOSTNAME',
      'SHLVL',
      'HOME',
      'container',
      'TERM',
      'PATH',
      'PWD',
      'GIVEN',
      'SCRIPT',
      'SKILL_TOOL',
    ];
    expect(names.filter((name) => !allowed.includes(name ?? ''))).toEqual([]);
  });

  it('dumps no core, and opens no more files than it may', () => {
    expect(survey['limits']).toEqual(['0', '1024']);
  });

  it('is given parameters of megabytes, and may leave them unread', async () => {
    const parameters = { text: 'x'.repeat(5_000_000) };
    expect(await said(plain, 'wc -c', { parameters })).toBe('5000012');
    expect(await said(plain, 'echo unread', { parameters })).toBe('unread');
  });

  it('finds nothing that a call before it left', async () => {
    expect(
      await said(plain, 'touch /tmp/left /dev/shm/left; ls /tmp /dev/shm | grep -c left'),
    ).toBe('2');
    expect(await said(plain, 'ls /tmp /dev/shm | grep -c left; true')).toBe('0');
  });

  it('reads and writes what is granted, where it stands, and only as granted', async () => {
    writeFileSync(join(data, 'single.txt'), 'one file');
    const session = await open(
      podman.socket,
      `image = "plain"\n${scripted}\n[skills.capabilities]\nvolumes = ["${data}:/vol:ro"]\n` +
        `[skills.capabilities.filesystem]\nread = ["${data}", "${data}/single.txt"]\nwrite = ["${data}/out"]`,
    );
    mkdirSync(join(data, 'out'));
    chmodSync(join(data, 'out'), 0o777);
    symlinkSync('/etc/shadow', join(data, 'link'));
    expect(
      await said(
        session,
        `cat /vol/note.txt ${data}/single.txt; echo written > ${data}/out/new; ` +
          `for f in /vol/x ${data}/x ${data}/single.txt /vol/single.txt; do echo x 2>/dev/null >> $f && echo $f; done; ` +
          'cat /vol/link; true',
      ),
    ).toBe('on the hostone file');
    expect(readFileSync(join(data, 'out/new'), 'utf8')).toBe('written\n');
    // No file grows beyond the disk, wherever it lies.
    await run(session, { script: `yes > ${data}/out/big` });
    expect(readFileSync(join(data, 'out/big')).length).toBe(1024 * 1024);
    // What it links to is its own file system's.
    await run(session, {
      script: `ln -s /etc/passwd ${data}/out/away; echo x >> ${data}/out/away`,
    });
    expect(readFileSync('/etc/passwd', 'utf8')).not.toContain('\nx\n');
    await session.close();
  });

  it('that comes with volumes, users, variables and a program of its own gets what the manifest says', async () => {
    await podman.image('hostile', {
      files: { 'etc/passwd': '1000:x:0:0::/:/bin/sh\n', 'etc/group': 'root:x:0:1000\n' },
      changes: [
        'VOLUME /kept',
        'VOLUME /also',
        'USER 0:0',
        'ENV FROM_IMAGE=1',
        'ENTRYPOINT ["/bin/sh", "-c", "echo entry; eval \\"$SCRIPT\\""]',
        'LABEL dev.skill-engine.owner=nobody',
        'LABEL dev.skill-engine.deadline=1',
      ],
    });
    const session = await open(podman.socket, 'image = "hostile"\ncommand = ["unused"]');
    expect(await said(session, 'id -u; id -g; echo $FROM_IMAGE')).toBe('entry\n1000\n1000\n1');
    // Three places share its disk of 1 MiB, in whole pages.
    const script =
      'for d in /tmp /kept /also; do dd if=/dev/zero of=$d/x bs=1M count=1 2>/dev/null; stat -c %s $d/x; done';
    expect(await said(session, script)).toBe('entry\n348160\n348160\n348160');
    expect(await said(session, 'ls /kept /also')).toBe('entry\n/also:\n\n/kept:');
    expect(await podman.volumes()).toBe(0);
    await session.close();
  });

  it('runs from the image that was there when it was opened', async () => {
    await podman.image('tagged', { files: { version: 'one' } });
    const session = await open(podman.socket, 'image = "tagged"\ncommand = ["cat", "/version"]');
    await podman.image('tagged', { files: { version: 'two' } });
    expect((await run(session)).answer).toEqual({ value: 'one' });
    const later = await open(podman.socket, 'image = "tagged"\ncommand = ["cat", "/version"]');
    expect((await run(later)).answer).toEqual({ value: 'two' });
    expect(later.sha256).not.toBe(session.sha256);
  });

  it('has a root that may be written only where that is bounded', async () => {
    await expect(
      open(podman.socket, `image = "plain"\nread_only = false\n${scripted}`),
    ).rejects.toMatchObject({ code: 'RUNTIME_UNSUPPORTED' });
    expect(await podman.containers()).toEqual([]);
  });
});
