/** What a guest may reach: names, addresses, ports and protocols, and what DNS says about them. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createAuthority } from '../support/certificates.ts';
import {
  expectDenials,
  network,
  networkProbe,
  type GrantedProbe,
  type NetworkProbe,
} from '../support/network-engine.ts';
import {
  dnsName,
  dohServer,
  httpServer,
  rebinding,
  tcpEcho,
  type Running,
} from '../support/network.ts';

const authority = createAuthority();
const loopback = '127.0.0.1';
const asked: string[] = [];

let probes: NetworkProbe;
let server: Running;
let doh: Running;
let dns: string;

const zones = rebinding({
  'api.example.test': [[loopback]],
  'a.b.example.test': [[loopback]],
  'example.test': [[loopback]],
  'x_y.example.test': [[loopback]],
  'xn--bcher-kva.example.test': [[loopback]],
  'evilexample.test': [[loopback]],
  'example.test.evil.test': [[loopback]],
  'metadata.google.internal': [['169.254.169.254']],
  'private.example.test': [['10.1.2.3']],
  'link.example.test': [['169.254.169.254']],
  'zero.example.test': [['0.0.0.0']],
  'many.example.test': [['10.1.2.3', '192.168.1.1', loopback]],
  'rebind.example.test': [['127.0.0.1'], ['127.0.0.2']],
});

beforeAll(async () => {
  server = await httpServer((request, response) => response.end(request.headers.host));
  doh = await dohServer(authority.issue([loopback]), (query) => {
    asked.push(dnsName(query));
    return zones(query);
  });
  dns = `https://${loopback}:${doh.port}/dns-query`;
  probes = await networkProbe([authority.cert]);
});

afterAll(async () => {
  await probes[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
  await doh[Symbol.asyncDispose]();
});

afterEach(() => probes.stillWorks());

const get = `return args.map((authority) => attempt(() => fetchOnce({ authority }).body))`;

/** Which of the authorities answered; what the others were refused with. */
async function ask(skill: GrantedProbe, authorities: readonly string[]) {
  const run = await skill.run(get, authorities);
  const outcomes = run.value as ({ value: string } | { error: { tag: string } | string })[];
  return { run, outcomes };
}

const denied = { error: { tag: 'HTTP-request-denied' } };

describe('nothing is granted', () => {
  const everything = `
    const network = wasi.sockets.instanceNetwork.instanceNetwork();
    return [
      attempt(() => fetchOnce({ authority: args })),
      attempt(() => fetchOnce({ authority: 'example.com', scheme: { tag: 'HTTPS' } })),
      attempt(() => wasi.sockets.tcpCreateSocket.createTcpSocket('ipv4')),
      attempt(() => wasi.sockets.udpCreateSocket.createUdpSocket('ipv6')),
      attempt(() => wasi.sockets.ipNameLookup.resolveAddresses(network, 'example.com')),
    ]`;

  it.each([
    ['NET-01 network = "none"', 'network = "none"'],
    ['NET-02 no word about the network', ''],
    ['GEN-12 other capabilities only', 'environment = { allowlist = ["HOME"] }'],
  ])('%s: every way is denied, and the guest can catch it', async (_, capabilities) => {
    const before = server.arrived();
    const skill = await probes.skill(capabilities);
    const run = await skill.run(everything, `${loopback}:${server.port}`);
    const refused = { error: 'access-denied' };
    expect(run.value).toEqual([denied, denied, refused, refused, refused]);
    await expectDenials(
      probes,
      run,
      Array.from({ length: 5 }, () => 'NETWORK_NOT_GRANTED'),
    );
    expect(server.arrived()).toBe(before);
  });

  it('a denial has the rule that decided, and the lines that allow it', async () => {
    const authority = `${loopback}:${server.port}`;
    const refused = await ask(await probes.skill(''), [authority]);
    const [denial, ...more] = refused.run.result.denials;
    expect(more).toEqual([]);
    expect(denial).toMatchObject({
      code: 'NETWORK_NOT_GRANTED',
      resource: `http://${authority}`,
      operation: 'http request',
      rule: 'declared: no rule names this host',
      allow: [
        '[skill.capabilities.network]',
        'allowed_ips = ["127.0.0.1"]',
        `allowed_ports = [${server.port}]`,
        'protocols = ["http"]',
      ],
    });
    const allowed = await ask(await probes.skill(denial!.allow.join('\n')), [authority]);
    expect(allowed.outcomes).toEqual([{ value: authority }]);
  });
});

it('NET-03 with an HTTP name granted, sockets, lookups and listening stay denied', async () => {
  const skill = await probes.skill(`network = ["http://api.example.test:${server.port}"]`);
  const run = await skill.run(`
    const network = wasi.sockets.instanceNetwork.instanceNetwork();
    return [
      attempt(() => wasi.sockets.tcpCreateSocket.createTcpSocket('ipv4')),
      attempt(() => wasi.sockets.udpCreateSocket.createUdpSocket('ipv4')),
      attempt(() => wasi.sockets.ipNameLookup.resolveAddresses(network, 'api.example.test')),
    ]`);
  expect(run.value).toEqual(Array.from({ length: 3 }, () => ({ error: 'access-denied' })));
  await expectDenials(probes, run, [
    'NETWORK_NOT_GRANTED',
    'NETWORK_NOT_GRANTED',
    'NETWORK_PROTOCOL',
  ]);
});

describe('NET-05 spellings of an address', () => {
  const spellings = [
    '127.1',
    '2130706433',
    '0x7f000001',
    '017700000001',
    '127.0.0.1.',
    '0177.0.0.1',
    '[::ffff:127.0.0.1]',
  ];

  it('are none of the names that are granted', async () => {
    const before = server.arrived();
    const skill = await probes.skill(
      network({ domains: ['*.test'], ports: [server.port], protocols: ['http'], dns }),
    );
    const all = [...spellings, '0', '0.0.0.0', '[::1]', '[::]', 'LOCALHOST', 'localhost'];
    const { run, outcomes } = await ask(
      skill,
      all.map((host) => `${host}:${server.port}`),
    );
    expect(outcomes.filter((outcome) => 'value' in outcome)).toEqual([]);
    expect(run.result.denials).toHaveLength(all.length);
    expect(server.arrived()).toBe(before);
  });

  it('mean the address that they are, and the server is told that one', async () => {
    const skill = await probes.skill(
      network({ ips: ['127.0.0.1'], ports: [server.port], protocols: ['http'], dns }),
    );
    const { outcomes } = await ask(
      skill,
      spellings.slice(0, 6).map((host) => `${host}:${server.port}`),
    );
    expect(outcomes).toEqual(outcomes.map(() => ({ value: `127.0.0.1:${server.port}` })));
  });

  it('zero reaches nothing, though systems take it for this machine', async () => {
    const before = server.arrived();
    const skill = await probes.skill(
      network({ ips: ['127.0.0.0/8', '::1'], ports: [server.port], protocols: ['http'], dns }),
    );
    const { outcomes } = await ask(
      skill,
      ['0', '0.0.0.0', '[::]', '0x0'].map((host) => `${host}:${server.port}`),
    );
    expect(outcomes.filter((outcome) => 'value' in outcome)).toEqual([]);
    expect(server.arrived()).toBe(before);
  });
});

describe('NET-07 names', () => {
  it('a wildcard is for whole labels before the name', async () => {
    const skill = await probes.skill(
      network({
        domains: ['*.example.test'],
        ips: ['127.0.0.3'],
        ports: [server.port],
        protocols: ['http'],
        dns,
      }),
    );
    const { outcomes } = await ask(
      skill,
      [
        'example.test',
        'example.test.evil.test',
        'evilexample.test',
        '.example.test',
        'a..example.test',
        'example.test.',
      ].map((host) => `${host}:${server.port}`),
    );
    expect(outcomes.filter((outcome) => 'value' in outcome)).toEqual([]);
  });

  it('case, trailing dot, IDNA and underscores have one form, in which they are matched, asked and sent', async () => {
    const skill = await probes.skill(
      network({
        domains: ['*.example.test'],
        ips: ['127.0.0.1'],
        ports: [server.port],
        protocols: ['http'],
        dns,
      }),
    );
    const at = (host: string) => `${host}:${server.port}`;
    const { outcomes } = await ask(
      skill,
      [
        'api.example.test',
        'A.B.Example.TEST',
        'api.example.test.',
        'x_y.example.test',
        'xn--bcher-kva.example.test',
      ].map(at),
    );
    expect(outcomes).toEqual(
      [
        'api.example.test',
        'a.b.example.test',
        'api.example.test',
        'x_y.example.test',
        'xn--bcher-kva.example.test',
      ].map((host) => ({ value: at(host) })),
    );
  });

  it('fullwidth letters are no authority', async () => {
    const skill = await probes.skill(
      network({ domains: ['*.example.test'], protocols: ['http'], ports: [80], dns }),
    );
    const run = await skill.run(
      `return attempt(() => fetchOnce({ authority: 'ａｐｉ.example.test' }))`,
    );
    expect(run.value).toEqual({ error: null });
  });
});

describe('NET-09 what DNS answers', () => {
  it.each([
    'api.example.test',
    'private.example.test',
    'link.example.test',
    'zero.example.test',
    'many.example.test',
  ])('%s has no public address: nothing is connected to', async (name) => {
    const before = server.arrived();
    const skill = await probes.skill(
      network({ domains: ['*.example.test'], ports: [server.port], protocols: ['http'], dns }),
    );
    const { run, outcomes } = await ask(skill, [`${name}:${server.port}`]);
    expect(outcomes).toEqual([{ error: { tag: 'destination-IP-prohibited' } }]);
    expect(new Set(run.result.denials.map(({ code }) => code))).toEqual(
      new Set(['NETWORK_SPECIAL_ADDRESS']),
    );
    expect(server.arrived()).toBe(before);
  });

  it('an address that is granted is found among others, and only it is connected to', async () => {
    const skill = await probes.skill(
      network({
        domains: ['many.example.test'],
        ips: [loopback],
        ports: [server.port],
        protocols: ['http'],
        dns,
      }),
    );
    const { outcomes } = await ask(skill, [`many.example.test:${server.port}`]);
    expect(outcomes).toEqual([{ value: `many.example.test:${server.port}` }]);
  });

  it('a name that rebinds is judged by the address of each connection, which is looked up once', async () => {
    await using other = await httpServer((_, response) => response.end('inside'));
    const skill = await probes.skill(
      network({
        domains: ['rebind.example.test'],
        ips: [loopback],
        ports: [server.port, other.port],
        protocols: ['http'],
        dns,
      }),
    );
    asked.length = 0;
    const first = await ask(skill, [`rebind.example.test:${server.port}`]);
    expect(first.outcomes).toEqual([{ value: `rebind.example.test:${server.port}` }]);
    // One question for each family.
    expect(asked).toEqual(['rebind.example.test', 'rebind.example.test']);
    const second = await ask(skill, [`rebind.example.test:${other.port}`]);
    expect(second.outcomes).toEqual([{ error: { tag: 'destination-IP-prohibited' } }]);
    await expectDenials(probes, second.run, ['NETWORK_SPECIAL_ADDRESS']);
    expect(other.arrived()).toBe(0);
  });

  it('a name that does not exist, and a resolver that is not there', async () => {
    const grants = { domains: ['*.example.test'], ports: [80], protocols: ['http'] };
    const missing = await ask(await probes.skill(network({ ...grants, dns })), [
      'missing.example.test',
    ]);
    expect(missing.outcomes).toEqual([{ error: { tag: 'destination-not-found' } }]);
    const gone = await ask(
      await probes.skill(network({ ...grants, dns: `https://${loopback}:1/` })),
      ['api.example.test'],
    );
    expect(gone.outcomes).toMatchObject([{ error: { tag: 'DNS-error' } }]);
  });
});

describe('NET-17 ports', () => {
  it('only the granted one is connected to', async () => {
    await using other = await tcpEcho();
    const skill = await probes.skill(`network = ["http://${loopback}:${server.port}"]`);
    const { run, outcomes } = await ask(skill, [
      `${loopback}:${server.port}`,
      `${loopback}:${other.port}`,
      loopback,
      `${loopback}:22`,
    ]);
    expect(outcomes).toEqual([{ value: `${loopback}:${server.port}` }, denied, denied, denied]);
    await expectDenials(probes, run, ['NETWORK_PORT', 'NETWORK_PORT', 'NETWORK_PORT']);
    expect(other.arrived()).toBe(0);
  });

  it('what is no port is refused, never rounded', async () => {
    const skill = await probes.skill(`network = ["http://${loopback}:${server.port}"]`);
    const ports = [
      '0',
      '65536',
      `0${server.port}`,
      '-1',
      '+80',
      '',
      '80 ',
      '1e2',
      '0x50',
      `${server.port}:1`,
    ];
    const { outcomes } = await ask(
      skill,
      ports.map((port) => `${loopback}:${port}`),
    );
    expect(outcomes.filter((outcome) => 'value' in outcome)).toEqual([]);
  });
});

it('NET-18 schemes other than http and https, and http where only https is granted', async () => {
  const skill = await probes.skill(`network = ["https://${loopback}:${server.port}"]`);
  const run = await skill.run(
    `return ['http', 'ws', 'ftp', 'unix', 'file', 'data', 'HtTp'].map((val) =>
      attempt(() => fetchOnce({ authority: args, scheme: { tag: 'other', val } })))`,
    `${loopback}:${server.port}`,
  );
  const protocol = { error: { tag: 'HTTP-protocol-error' } };
  expect(run.value).toEqual([denied, protocol, protocol, protocol, protocol, protocol, denied]);
  expect(new Set(run.result.denials.map(({ code }) => code))).toEqual(
    new Set(['NETWORK_PROTOCOL']),
  );
});

describe('NET-19 allowed_ips', () => {
  it.each([
    '10.0.0.0/33',
    '010.0.0.0/8',
    '10/8',
    '10.0.0.1/8',
    '10.0.0.0/-1',
    '10.0.0.0/08',
    '::/129',
    '::ffff:127.0.0.1/128',
    '127.1',
    '[::1]',
  ])('%s is refused when the manifest is read', async (block) => {
    const skill = probes.skill(network({ ips: [block], ports: [80], protocols: ['http'] }));
    await expect(skill).rejects.toMatchObject({ code: 'MANIFEST_INVALID' });
  });

  it('the whole internet names no private address', async () => {
    const before = server.arrived();
    const skill = await probes.skill(
      network({ ips: ['0.0.0.0/0', '::/0'], ports: [server.port], protocols: ['http'], dns }),
    );
    const hosts = [
      loopback,
      '10.0.0.1',
      '192.168.0.1',
      '[::1]',
      '[::ffff:127.0.0.1]',
      '[64:ff9b::7f00:1]',
      '[2002:7f00:1::]',
    ];
    const { run, outcomes } = await ask(
      skill,
      hosts.map((host) => `${host}:${server.port}`),
    );
    expect(outcomes).toEqual(hosts.map(() => ({ error: { tag: 'destination-IP-prohibited' } })));
    expect(new Set(run.result.denials.map(({ code }) => code))).toEqual(
      new Set(['NETWORK_SPECIAL_ADDRESS']),
    );
    expect(server.arrived()).toBe(before);
  });

  it('a block is exact', async () => {
    const skill = await probes.skill(
      network({ ips: ['127.0.0.0/31'], ports: [server.port], protocols: ['http'] }),
    );
    const { outcomes } = await ask(skill, [`127.0.0.1:${server.port}`, `127.0.0.2:${server.port}`]);
    expect(outcomes).toEqual([{ value: `127.0.0.1:${server.port}` }, denied]);
  });
});

it('NET-20 metadata services are reached by no wide grant', async () => {
  const skill = await probes.skill(
    network({
      domains: ['*.internal', '*.example.test'],
      ips: ['0.0.0.0/0', '169.254.0.0/16', '100.64.0.0/10', 'fc00::/7'],
      ports: [80],
      protocols: ['http', 'tcp'],
      dns,
    }),
  );
  const hosts = [
    '169.254.169.254',
    '[fd00:ec2::254]',
    '100.100.100.200',
    '168.63.129.16',
    '169.254.170.2',
    '192.0.0.192',
    'metadata.google.internal',
    '2852039166',
    '[::ffff:a9fe:a9fe]',
  ];
  const { outcomes } = await ask(skill, hosts);
  expect(outcomes).toEqual(hosts.map(() => ({ error: { tag: 'destination-IP-prohibited' } })));
  const tcp = await skill.run(`return attempt(() => connectTcp('169.254.169.254', 80))`);
  expect(tcp.value).toEqual({ error: 'access-denied' });
  await expectDenials(probes, tcp, ['NETWORK_SPECIAL_ADDRESS']);
});
