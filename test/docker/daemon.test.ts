/** What the container engine is asked for, to the letter; and one that misbehaves in every way. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createDockerRuntime } from '@skill-engine/docker';
import { cut, endless, FakeDaemon, frame, hang, info, json, notJson } from './fake-daemon.ts';
import { codeOf, open, run } from './skill.ts';

const lines = 'image = "example/tool:1"\ncommand = ["tool"]';
/** For what is never answered; long enough for a busy machine to answer the rest. */
const quick = { requestTimeoutMs: 1000 };
const made = 'POST /containers/create';

let daemon: FakeDaemon;
beforeEach(async () => (daemon = await new FakeDaemon().listen()));
afterEach(() => daemon.close());

describe('a call', () => {
  it('asks for a closed container, and for nothing else', async () => {
    const session = await open(
      daemon.socket,
      `${lines}\ncap_drop = ["NET_RAW"]\n[skills.resources]\ncpu = "0.5"`,
    );
    daemon.asked.length = 0;
    const outcome = await run(session, {
      executionId: 'e1',
      tool: 'convert',
      parameters: { path: 'a' },
      environment: [
        ['LANG', 'C'],
        ['NO=NAME', 'x'],
        ['NUL', 'a\0b'],
      ],
    });
    expect(outcome).toMatchObject({ answer: { value: 42 }, stdout: '', stderr: '' });
    expect(daemon.input).toBe('{"path":"a"}\n');
    expect(daemon.asked.map(({ what, query }) => `${what} ${query}`.trim())).toEqual([
      `${made} name=skill-engine-e1`,
      'ATTACH stream=1&stdout=1&stderr=1',
      'ATTACH stream=1&stdin=1',
      'POST /NAME/start',
      'POST /NAME/wait',
      'GET /NAME/json',
      'POST /NAME/kill signal=KILL',
      'DELETE /NAME force=true&v=true',
    ]);
    expect(daemon.asked[0]?.body).toEqual({
      Image: `sha256:${'ab'.repeat(32)}`,
      Cmd: ['tool'],
      User: '1000:1000',
      Hostname: 'skill',
      Domainname: '',
      Env: ['LANG=C', 'SKILL_TOOL=convert'],
      Labels: {
        'dev.skill-engine.owner': expect.stringContaining(` ${process.pid} `),
        'dev.skill-engine.execution': 'e1',
        'dev.skill-engine.skill': 'boxed',
        'dev.skill-engine.deadline': expect.stringMatching(/^\d{13}$/),
      },
      Tty: false,
      OpenStdin: true,
      StdinOnce: true,
      AttachStdin: true,
      AttachStdout: true,
      AttachStderr: true,
      NetworkDisabled: true,
      StopTimeout: 0,
      Healthcheck: { Test: ['NONE'] },
      HostConfig: {
        NetworkMode: 'none',
        ReadonlyRootfs: true,
        Privileged: false,
        CapAdd: [],
        CapDrop: ['ALL', 'NET_RAW'],
        SecurityOpt: ['no-new-privileges'],
        Devices: [],
        DeviceRequests: [],
        GroupAdd: [],
        IpcMode: 'private',
        CgroupnsMode: 'private',
        PidMode: '',
        UTSMode: '',
        UsernsMode: '',
        Init: true,
        AutoRemove: false,
        RestartPolicy: { Name: 'no' },
        LogConfig: { Type: 'none' },
        Memory: 67_108_864,
        MemorySwap: 67_108_864,
        OomKillDisable: false,
        PidsLimit: 128,
        NanoCpus: 500_000_000,
        ShmSize: 1_048_576,
        Ulimits: [
          { Name: 'core', Soft: 0, Hard: 0 },
          { Name: 'nofile', Soft: 1024, Hard: 1024 },
          { Name: 'nproc', Soft: 4096, Hard: 4096 },
          { Name: 'fsize', Soft: 1_048_576, Hard: 1_048_576 },
        ],
        Tmpfs: {
          '/tmp': 'size=1048576,mode=1777,nosuid,nodev,noexec',
          '/run': 'ro,size=4096,nosuid,nodev,noexec',
          '/var/tmp': 'ro,size=4096,nosuid,nodev,noexec',
        },
        Mounts: [],
        PublishAllPorts: false,
      },
    });
  });

  it('with less memory than a container needs makes none', async () => {
    const session = await open(daemon.socket, lines);
    daemon.asked.length = 0;
    expect(codeOf(await run(session, { limits: { memoryBytes: 1024 } }))).toBe('MEMORY_LIMIT');
    expect(daemon.asked).toEqual([]);
  });

  it('asks for no more processors than there are', async () => {
    await open(daemon.socket, `${lines}\n[skills.resources]\ncpu = 64`);
    const { body } = daemon.asked.find(({ what }) => what === made)!;
    expect(body).toMatchObject({ HostConfig: { NanoCpus: 2_000_000_000 } });
  });

  it('passes on how the container ended', async () => {
    const session = await open(daemon.socket, lines);
    daemon.state = { Running: false, ExitCode: 3, OOMKilled: false };
    daemon.output = (socket) =>
      void socket.end(Buffer.concat([frame(1, 'half'), frame(2, 'a\nno such file\n')]));
    const failed = await run(session);
    expect(failed).toMatchObject({ stdout: 'half', stderr: 'a\nno such file\n' });
    expect(failed.answer).toMatchObject({
      error: {
        code: 'TOOL_FAILED',
        message: 'The container ended with exit code 3: no such file',
        details: { exitCode: 3, stderr: 'a\nno such file' },
      },
    });
    daemon.state = { Running: false, ExitCode: 137, OOMKilled: true };
    expect(codeOf(await run(session))).toBe('MEMORY_LIMIT');
  });

  it.each([
    ['{"a":[1,"x"]}\n', { a: [1, 'x'] }],
    ['null', null],
    ['plain text\n', 'plain text'],
    ['{"a":1} trailing', '{"a":1} trailing'],
    ['', ''],
    ['[1]\n[2]\n', '[1]\n[2]'],
    [`${'['.repeat(5000)}`, '['.repeat(5000)],
  ])('takes %j for a value', async (printed, value) => {
    const session = await open(daemon.socket, lines);
    daemon.output = (socket) => void socket.end(frame(1, printed));
    expect((await run(session)).answer).toEqual({ value });
  });

  it('reads frames however they are cut', async () => {
    const session = await open(daemon.socket, lines);
    daemon.output = (socket) => {
      const bytes = Buffer.concat([frame(2, 'é'), frame(1, '"a'), frame(1, ''), frame(1, 'é"')]);
      let at = 0;
      const more = (): void => {
        if (at === bytes.length) socket.end();
        else socket.write(bytes.subarray(at, ++at), () => setImmediate(more));
      };
      more();
    };
    expect(await run(session)).toMatchObject({ answer: { value: 'aé' }, stderr: 'é' });
  });
});

describe('an engine that misbehaves', () => {
  it('is given time for the call itself, beyond that of a request', async () => {
    const session = await open(daemon.socket, lines, quick);
    const { promise: over, resolve: end } = Promise.withResolvers<void>();
    daemon.output = (socket) => void over.then(() => socket.end(frame(1, '"late"')));
    daemon.answers.set('POST /NAME/wait', (...args) => void over.then(() => json({})(...args)));
    setTimeout(end, 1.5 * quick.requestTimeoutMs);
    expect((await run(session)).answer).toEqual({ value: 'late' });
  });

  const ways = {
    hang,
    notJson,
    cut,
    endless,
    'a 500': json({ message: 'broken' }, 500),
    'an array': json([[1]]),
  };
  const inEveryWay = (steps: readonly string[]) =>
    steps.flatMap((step) => Object.entries(ways).map(([way, answer]) => ({ step, way, answer })));

  const steps = ['GET /info', 'GET /containers/json', 'GET /image', made, 'GET /NAME/json'];
  it.each(inEveryWay(steps))(
    'opens no skill: $step is answered with $way',
    async ({ step, way, answer }) => {
      daemon.answers.set(step, answer);
      await expect(open(daemon.socket, lines, way === 'hang' ? quick : {})).rejects.toMatchObject({
        code: 'ISOLATION_UNAVAILABLE',
        message: expect.stringMatching(way === 'endless' ? 'too long' : ''),
      });
    },
  );

  it.each([
    ['GET /_ping', hang],
    ['GET /_ping', json({}, 500)],
    ['DELETE /NAME', hang],
    ['DELETE /NAME', json({ message: 'broken' }, 500)],
  ])('opens no skill: %s', async (step, answer) => {
    daemon.answers.set(step, answer);
    await expect(open(daemon.socket, lines, quick)).rejects.toMatchObject({
      code: 'ISOLATION_UNAVAILABLE',
    });
  });

  const calls = [made, 'POST /NAME/start', 'POST /NAME/wait', 'GET /NAME/json'];
  it.each(inEveryWay(calls))(
    'fails a call and removes its container: $step is answered with $way',
    async ({ step, way, answer }) => {
      const session = await open(daemon.socket, lines, way === 'hang' ? quick : {});
      daemon.asked.length = 0;
      daemon.answers.set(step, answer);
      // Only the end of the call's time ends a wait.
      const signal = AbortSignal.timeout(way === 'hang' ? 1500 : 20_000);
      const { answer: got } = await run(session, { signal });
      const isRead = step === 'GET /NAME/json' || way !== 'an array';
      if (isRead) expect(got).toHaveProperty('error');
      else expect(got).toEqual({ value: 42 });
      expect(daemon.count('DELETE /NAME')).toBeGreaterThan(0);
    },
  );

  it('ends a call that is cancelled, at once, and removes its container', async () => {
    const session = await open(daemon.socket, lines);
    daemon.output = () => {};
    daemon.answers.set('POST /NAME/wait', hang);
    const stop = new AbortController();
    const running = run(session, { signal: stop.signal });
    while (daemon.count('POST /NAME/wait') === 0) await new Promise(setImmediate);
    daemon.asked.length = 0;
    stop.abort();
    expect(codeOf(await running)).toBe('CANCELLED');
    expect(daemon.asked.map(({ what }) => what)).toEqual(['POST /NAME/kill', 'DELETE /NAME']);
  });

  it('makes nothing for a call that was cancelled before', async () => {
    const session = await open(daemon.socket, lines);
    daemon.asked.length = 0;
    expect(codeOf(await run(session, { signal: AbortSignal.abort() }))).toBe('CANCELLED');
    expect(daemon.count(made)).toBe(0);
  });

  it('says which container it did not remove', async () => {
    const session = await open(daemon.socket, lines);
    daemon.answers.set('POST /NAME/wait', json({ message: 'broken' }, 500));
    daemon.answers.set('DELETE /NAME', json({ message: 'busy' }, 500));
    const { answer } = await run(session, { executionId: 'e2' });
    expect(answer).toMatchObject({
      error: { code: 'ISOLATION_UNAVAILABLE', message: expect.stringContaining('skill-engine-e2') },
    });
    expect(daemon.count('DELETE /NAME')).toBeGreaterThan(2);
    // It goes when the skill is closed, if not before.
    const { body } = daemon.asked.findLast(({ what }) => what === made)!;
    const { Labels } = body as { Labels: object };
    daemon.answers.set('GET /containers/json', json([{ Names: ['/skill-engine-e2'], Labels }]));
    daemon.answers.delete('DELETE /NAME');
    daemon.asked.length = 0;
    await session.close();
    expect(daemon.count('DELETE /NAME')).toBe(1);
  });

  it('is asked again after the next call for a container that it did not remove', async () => {
    const session = await open(daemon.socket, lines);
    daemon.answers.set('DELETE /NAME', json({ message: 'busy' }, 500));
    await run(session, { executionId: 'e3' });
    daemon.answers.clear();
    daemon.asked.length = 0;
    await run(session, { executionId: 'e4' });
    await vi.waitFor(() => expect(daemon.count('DELETE /NAME')).toBe(2));
  });

  it('is not believed when its output is none', async () => {
    const session = await open(daemon.socket, lines);
    const bad: (Buffer | string)[] = [
      'no frame at all',
      frame(3, 'x'),
      frame(1, 'whole').subarray(0, 10),
      frame(1, '').subarray(0, 4),
    ];
    for (const bytes of bad) {
      daemon.output = (socket) => void socket.end(bytes);
      expect(codeOf(await run(session)), String(bytes)).toBe('ISOLATION_UNAVAILABLE');
    }
    daemon.output = (socket) => void socket.destroy();
    await run(session);
  });

  it('is not listened to any longer', async () => {
    const session = await open(daemon.socket, lines);
    const { promise: closed, resolve: close } = Promise.withResolvers<void>();
    daemon.output = (socket) => void socket.on('end', close).resume().write('no frame at all');
    daemon.answers.set('POST /NAME/wait', (...args) => void closed.then(() => json({})(...args)));
    expect(codeOf(await run(session))).toBe('ISOLATION_UNAVAILABLE');
  });

  it('ends output that does not end: by its length, and as one frame', async () => {
    const session = await open(daemon.socket, lines);
    daemon.answers.set('POST /NAME/wait', hang);
    const whole = Buffer.alloc(8);
    whole[0] = 1;
    whole.writeUInt32BE(0xffffffff, 4);
    for (const [first, next] of [
      [Buffer.alloc(0), frame(2, 'x')],
      [whole, Buffer.alloc(999, 97)],
    ] as const) {
      daemon.output = (socket) => {
        socket.write(first);
        const more = (): void =>
          void (socket.writable && socket.write(next, () => setImmediate(more)));
        more();
      };
      const outcome = await run(session, { limits: { outputBytes: 2000 } });
      expect(codeOf(outcome)).toBe('OUTPUT_LIMIT');
      expect(outcome.stdout.length + outcome.stderr.length).toBe(2000);
    }
  });
});

describe('an engine that does not keep a limit', () => {
  it.each(['MemoryLimit', 'SwapLimit', 'PidsLimit', 'CpuCfsQuota'])(
    'opens no skill: %s',
    async (field) => {
      daemon.answers.set('GET /info', json({ ...info, [field]: false }));
      await expect(open(daemon.socket, lines)).rejects.toMatchObject({
        code: 'ISOLATION_UNAVAILABLE',
      });
      expect(daemon.count(made)).toBe(0);
    },
  );

  it.each([[[]], [['name=seccomp,profile=unconfined']]])(
    'opens no skill: security %j',
    async (given) => {
      daemon.answers.set('GET /info', json({ ...info, SecurityOptions: given }));
      await expect(open(daemon.socket, lines)).rejects.toMatchObject({
        code: 'ISOLATION_UNAVAILABLE',
      });
    },
  );

  const config = {
    NetworkMode: 'none',
    ReadonlyRootfs: true,
    Privileged: false,
    Memory: 67_108_864,
    MemorySwap: 67_108_864,
    PidsLimit: 128,
    SecurityOpt: ['no-new-privileges'],
    CapDrop: ['ALL'],
  };
  const container = {
    Image: `sha256:${'ab'.repeat(32)}`,
    Config: { User: '1000:1000' },
    HostConfig: config,
    Mounts: [],
  };

  it('opens one where all is kept', async () => {
    daemon.answers.set('GET /NAME/json', json(container));
    expect((await open(daemon.socket, lines)).layers).toEqual(['container', 'seccomp', 'rootless']);
  });

  const others: readonly (readonly [string, object])[] = [
    ...Object.entries({
      NetworkMode: 'bridge',
      ReadonlyRootfs: false,
      Privileged: true,
      Memory: 0,
      MemorySwap: -1,
      PidsLimit: 0,
      SecurityOpt: [],
      CapDrop: null,
      CapAdd: ['SYS_ADMIN'],
      Devices: [{ PathOnHost: '/dev/mem' }],
      PidMode: 'host',
      IpcMode: 'container:other',
    }).map(
      ([field, value]) =>
        [field, { ...container, HostConfig: { ...config, [field]: value } }] as const,
    ),
    ['User', { ...container, Config: { User: '' } }],
    ['Image', { ...container, Image: 'sha256:other' }],
    ['a volume', { ...container, Mounts: [{ Type: 'volume' }] }],
  ];
  it.each(others)('opens no skill: it made of a container another %s', async (_what, found) => {
    daemon.answers.set('GET /NAME/json', json(found));
    await expect(open(daemon.socket, lines)).rejects.toMatchObject({
      code: 'ISOLATION_UNAVAILABLE',
    });
    expect(daemon.count('DELETE /NAME')).toBe(1);
  });

  it('opens no skill whose root may be written without a bound', async () => {
    const HostConfig = { ...config, ReadonlyRootfs: false };
    daemon.answers.set('GET /NAME/json', json({ ...container, HostConfig }));
    await expect(open(daemon.socket, `${lines}\nread_only = false`)).rejects.toMatchObject({
      code: 'ISOLATION_UNAVAILABLE',
    });
    const StorageOpt = { size: '67108864' };
    daemon.answers.set(
      'GET /NAME/json',
      json({ ...container, HostConfig: { ...HostConfig, StorageOpt } }),
    );
    await open(daemon.socket, `${lines}\nread_only = false`);
    expect(daemon.asked.findLast(({ what }) => what === made)?.body).toMatchObject({
      HostConfig: { StorageOpt },
    });
  });
});

describe('what is left of others', () => {
  it('does not hold up a skill where it cannot be removed', async () => {
    const container = (index: number) => ({
      Names: [`/skill-engine-${index}`],
      Labels: {
        'dev.skill-engine.owner': 'x',
        'dev.skill-engine.execution': String(index),
        'dev.skill-engine.deadline': '1',
      },
    });
    daemon.answers.set(
      'GET /containers/json',
      json(Array.from({ length: 50 }, (_, i) => container(i))),
    );
    daemon.answers.set('DELETE /NAME', (response, request) => {
      if (!/skill-engine-\d+\?/.test(request.url ?? '')) response.writeHead(204).end();
    });
    expect((await open(daemon.socket, lines, quick)).sha256).toBe('ab'.repeat(32));
    expect(daemon.count('DELETE /NAME')).toBe(2);
  });

  it('does not hold up a skill where it has no name, as what is being removed', async () => {
    const Labels = { 'dev.skill-engine.owner': 'x', 'dev.skill-engine.execution': '1' };
    daemon.answers.set(
      'GET /containers/json',
      json([
        { Names: null, Labels },
        { Names: [], Labels },
      ]),
    );
    expect((await open(daemon.socket, lines)).sha256).toBe('ab'.repeat(32));
  });
});

describe('an image', () => {
  it('that is missing is an error that says how to get it, and is not fetched', async () => {
    daemon.answers.set('GET /image', json({ message: 'no such image' }, 404));
    await expect(open(daemon.socket, lines)).rejects.toMatchObject({
      code: 'COMPONENT_NOT_FOUND',
      message: expect.stringContaining('docker pull example/tool:1'),
    });
    expect(daemon.count('POST /images/create')).toBe(0);
  });

  it('is fetched where that is asked for, once', async () => {
    let there = false;
    daemon.answers.set('GET /image', (...args) =>
      (there ? json({ Id: `sha256:${'cd'.repeat(32)}`, Os: 'linux', Config: {} }) : json({}, 404))(
        ...args,
      ),
    );
    daemon.answers.set('POST /images/create', (response) => {
      there = true;
      response.end('{"status":"Pulling"}\n{"status":"Done"}\n');
    });
    const session = await open(daemon.socket, lines, { pull: 'missing' });
    expect(session.sha256).toBe('cd'.repeat(32));
    there = false;
    daemon.answers.set(
      'POST /images/create',
      (response) => void response.end('{"status":"x"}\n{"error":"denied"}\n'),
    );
    await expect(open(daemon.socket, lines, { pull: 'missing' })).rejects.toMatchObject({
      code: 'ISOLATION_UNAVAILABLE',
      message: expect.stringContaining('denied'),
    });
  });

  it.each([
    ['for another system', { Os: 'windows', Config: {} }],
    ['that works in /proc', { Os: 'linux', Config: { WorkingDir: '//proc/self/fd/8' } }],
    ['with a volume in /proc', { Os: 'linux', Config: { Volumes: { '/proc/x': {} } } }],
    [
      'with a volume that says how it is mounted',
      { Os: 'linux', Config: { Volumes: { '/a,size=9g': {} } } },
    ],
    [
      'with very many volumes',
      {
        Os: 'linux',
        Config: {
          Volumes: Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`/v${i}`, {}])),
        },
      },
    ],
  ])('%s is refused', async (_how, image) => {
    daemon.answers.set('GET /image', json({ Id: `sha256:${'ab'.repeat(32)}`, ...image }));
    await expect(open(daemon.socket, lines)).rejects.toMatchObject({ code: 'RUNTIME_UNSUPPORTED' });
  });

  it('without a program needs a command', async () => {
    const image = (Config: object) =>
      json({ Id: `sha256:${'ab'.repeat(32)}`, Os: 'linux', Config });
    daemon.answers.set('GET /image', image({ Cmd: null, Entrypoint: [] }));
    await expect(open(daemon.socket, 'image = "tool"')).rejects.toMatchObject({
      code: 'RUNTIME_UNSUPPORTED',
      message: expect.stringContaining('command'),
    });
    daemon.answers.set('GET /image', image({ Cmd: ['tool'] }));
    expect((await open(daemon.socket, 'image = "tool"')).tools).toHaveLength(1);
  });

  it('is named without steps into other paths', async () => {
    await expect(open(daemon.socket, 'image = "a/../../containers/x"')).rejects.toMatchObject({
      code: 'RUNTIME_UNSUPPORTED',
    });
    expect(daemon.count('GET /image')).toBe(0);
  });
});

describe('the socket', () => {
  it('that is not there is an error that says what to do', async () => {
    const opened = open(`${daemon.socket}-other`, lines);
    await expect(opened).rejects.toMatchObject({
      code: 'ISOLATION_UNAVAILABLE',
      message: expect.stringContaining('DOCKER_HOST'),
    });
  });

  it.each(['tcp://127.0.0.1:2375', 'ssh://host', 'http://127.0.0.1', 'relative.sock'])(
    'is none: %s',
    async (host) => {
      await expect(open(host, lines)).rejects.toMatchObject({ code: 'ISOLATION_UNAVAILABLE' });
    },
  );

  it('may be written as DOCKER_HOST is', async () => {
    expect((await open(`unix://${daemon.socket}`, lines)).sha256).toBe('ab'.repeat(32));
  });

  it('speaks a version of the API that is known', async () => {
    daemon.answers.set(
      'GET /_ping',
      (response) => void response.writeHead(200, { 'api-version': '1.40' }).end(),
    );
    await expect(open(daemon.socket, lines)).rejects.toMatchObject({
      code: 'ISOLATION_UNAVAILABLE',
    });
  });

  it('is given by options that are checked', () => {
    for (const options of [
      { sockets: '/x' },
      { socket: 1 },
      { pull: 'always' },
      { requestTimeoutMs: 0 },
    ])
      expect(() => createDockerRuntime(options as never)).toThrow(
        expect.objectContaining({ code: 'INVALID_OPTIONS' }),
      );
  });
});
