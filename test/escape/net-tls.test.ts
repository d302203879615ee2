/** TLS: whom a skill's connection trusts, and that nothing around the engine changes it. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { TLSSocket } from 'node:tls';
import { createAuthority } from '../support/certificates.ts';
import { network, networkProbe, type NetworkProbe } from '../support/network-engine.ts';
import { dohServer, httpsServer, rebinding, type Running } from '../support/network.ts';

const trusted = createAuthority();
const other = createAuthority('other authority');
const loopback = '127.0.0.1';

let probes: NetworkProbe;
let doh: Running;
let dns: string;
let names: (string | false | null)[] = [];

async function serve(certificate: ReturnType<typeof trusted.issue>): Promise<Running> {
  return httpsServer(certificate, (request, response) => {
    names.push((request.socket as TLSSocket).servername);
    response.end(request.headers.host);
  });
}

beforeAll(async () => {
  doh = await dohServer(
    trusted.issue([loopback]),
    rebinding({ 'api.example.test': [[loopback]], 'evil.example.test': [[loopback]] }),
  );
  dns = `https://${loopback}:${doh.port}/dns-query`;
  probes = await networkProbe([trusted.cert]);
});

afterAll(async () => {
  await probes[Symbol.asyncDispose]();
  await doh[Symbol.asyncDispose]();
});

afterEach(async () => {
  names = [];
  await probes.stillWorks();
});

async function ask(port: number, host: string) {
  const skill = await probes.skill(
    network({
      domains: ['*.example.test'],
      ips: [loopback],
      ports: [port],
      protocols: ['https'],
      dns,
    }),
  );
  const run = await skill.run(
    `return attempt(() => fetchOnce({ authority: args, scheme: { tag: 'HTTPS' } }).body)`,
    `${host}:${port}`,
  );
  return run.value;
}

const refused = { error: { tag: 'TLS-certificate-error' } };

describe('a server whose certificate the embedder trusts', () => {
  it('by its name, which the server is told', async () => {
    await using server = await serve(trusted.issue(['api.example.test']));
    expect(await ask(server.port, 'API.example.test.')).toEqual({
      value: `api.example.test:${server.port}`,
    });
    expect(names).toEqual(['api.example.test']);
  });

  it('by its address, which is no server name', async () => {
    await using server = await serve(trusted.issue([loopback]));
    expect(await ask(server.port, loopback)).toEqual({ value: `${loopback}:${server.port}` });
    expect(names).toEqual([false]);
  });
});

describe('a certificate that does not hold', () => {
  it.each([
    ['for another name', () => trusted.issue(['evil.example.test'])],
    ['for the address, asked by name', () => trusted.issue([loopback])],
    ['expired', () => trusted.issue(['api.example.test'], { expired: true })],
    ['of an authority that nobody trusts', () => other.issue(['api.example.test'])],
  ])('%s', async (_, certificate) => {
    await using server = await serve(certificate());
    expect(await ask(server.port, 'api.example.test')).toEqual(refused);
    expect(names).toEqual([]);
  });
});

it("settings of the embedder's environment make no certificate trusted", async () => {
  const settings = {
    NODE_TLS_REJECT_UNAUTHORIZED: '0',
    HTTPS_PROXY: 'http://127.0.0.1:1',
    NODE_USE_ENV_PROXY: '1',
  };
  Object.assign(process.env, settings);
  try {
    await using unsettled = await networkProbe([]);
    await using server = await serve(trusted.issue([loopback]));
    const skill = await unsettled.skill(`network = ["https://${loopback}:${server.port}"]`);
    const run = await skill.run(
      `return attempt(() => fetchOnce({ authority: args, scheme: { tag: 'HTTPS' } }).body)`,
      `${loopback}:${server.port}`,
    );
    expect(run.value).toEqual(refused);
  } finally {
    for (const name of Object.keys(settings)) delete process.env[name];
  }
});

it('a resolver over HTTPS is checked like any server', async () => {
  await using false_ = await dohServer(
    other.issue([loopback]),
    rebinding({ 'api.example.test': [[loopback]] }),
  );
  const skill = await probes.skill(
    network({
      domains: ['*.example.test'],
      ips: [loopback],
      ports: [80],
      protocols: ['http'],
      dns: `https://${loopback}:${false_.port}/`,
    }),
  );
  const run = await skill.run(`return attempt(() => fetchOnce({ authority: 'api.example.test' }))`);
  expect(run.value).toMatchObject({ error: { tag: 'DNS-error' } });
});
