/** Servers that credentials are for, a resolver for their names, and an engine whose vault is the test's. */
import type { RequestListener } from 'node:http';
import { MemoryCredentialStore } from '../../packages/engine/src/credentials/memory.ts';
import { Secret } from '../../packages/engine/src/credentials/secret.ts';
import { createAuthority } from './certificates.ts';
import {
  network,
  networkProbe,
  type GrantedProbe,
  type NetworkProbe,
  type ProbeRun,
} from './network-engine.ts';
import { dohServer, httpServer, httpsServer, rebinding, type Running } from './network.ts';

export const loopback = '127.0.0.1';

export interface CredentialServers extends AsyncDisposable {
  readonly probes: NetworkProbe;
  /** With TLS, and without. */
  readonly server: Running;
  readonly plain: Running;
  /** Loads the probe with `[skill.capabilities.credentials]`, whose values `valueOf` gives; the network may reach the servers and `ports`. */
  load(
    credentials: string,
    valueOf: (name: string) => string,
    ports?: readonly number[],
  ): Promise<GrantedProbe>;
  /** All that a caller, or a reader of the record, gets to see of a run. */
  everything(run: ProbeRun): Promise<string>;
}

/**
 * @param names of hosts that are all this one
 * @param certified those that the server with TLS has a certificate for
 */
export async function credentialServers(
  names: readonly string[],
  certified: readonly string[],
  listener: RequestListener,
): Promise<CredentialServers> {
  const authority = createAuthority();
  const zones = Object.fromEntries(names.map((name) => [name, [[loopback]]]));
  const doh = await dohServer(authority.issue([loopback]), rebinding(zones));
  const server = await httpsServer(authority.issue([...certified, loopback]), listener);
  const plain = await httpServer(listener);
  const store = new MemoryCredentialStore();
  const probes = await networkProbe([authority.cert], store);
  return {
    probes,
    server,
    plain,
    async load(credentials, valueOf, ports = []) {
      const grants = network({
        domains: ['*.example.test'],
        ips: [loopback],
        ports: [server.port, plain.port, ...ports],
        protocols: ['https', 'http', 'tcp', 'udp'],
        dns: `https://${loopback}:${doh.port}/dns-query`,
      });
      const lines = `${grants}\n[skill.capabilities.credentials]\n${credentials}\n`;
      const loaded = await probes.skill(lines);
      for (const [, name = ''] of credentials.matchAll(/^(\w+) = /gm)) {
        await store.set({ skill: loaded.name, name }, Secret.fromText(valueOf(name)));
      }
      return loaded;
    },
    async everything({ result }) {
      const record = await probes.engine.audit.get(result.executionId);
      const { error, ...rest } = result;
      return JSON.stringify([rest, error?.toJSON(), error?.stack, record]);
    },
    async [Symbol.asyncDispose]() {
      await probes[Symbol.asyncDispose]();
      for (const one of [doh, server, plain]) await one[Symbol.asyncDispose]();
    },
  };
}
