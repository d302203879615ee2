/** Where a server listens, and whether that is within this machine. */
import { lookup } from 'node:dns/promises';
import type { Server } from 'node:http';
import { BlockList, isIP, type AddressInfo } from 'node:net';
import { SkillError } from '@skill-engine/engine';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8);
loopback.addAddress('::1', 'ipv6');

/** Also of an IPv4 address in IPv6 clothes; false for what is no address. */
export function isLoopback(address: string): boolean {
  const [plain = ''] = address.split('%');
  const family = isIP(plain);
  return family !== 0 && loopback.check(plain, family === 6 ? 'ipv6' : 'ipv4');
}

/** As a URL has it. */
export function placeText(address: string, port: number): string {
  return `${isIP(address) === 6 ? `[${address}]` : address}:${port}`;
}

/**
 * The address is judged and then listened on, so that a name cannot mean another one in between.
 *
 * @throws SkillError LISTEN_FAILED
 */
export async function addressOf(host: string): Promise<string> {
  if (isIP(host) !== 0) return host;
  try {
    return (await lookup(host)).address;
  } catch (cause) {
    throw new SkillError(
      'LISTEN_FAILED',
      `${JSON.stringify(host)} is no address and no name of one. 127.0.0.1 is this machine for itself; ` +
        '0.0.0.0 is every address that it has.',
      { cause, details: { host } },
    );
  }
}

/** @throws SkillError LISTEN_FAILED */
export async function listen(server: Server, address: string, port: number): Promise<AddressInfo> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen({ host: address, port }, resolve);
  try {
    await promise;
  } catch (cause) {
    const { code = 'an error' } = cause as NodeJS.ErrnoException;
    throw new SkillError(
      'LISTEN_FAILED',
      `Cannot listen on ${placeText(address, port)}: ${reasons[code] ?? code}`,
      { cause, details: { address, port, reason: code } },
    );
  } finally {
    server.off('error', reject);
  }
  return server.address() as AddressInfo;
}

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there. Choose another port; 0 is any free one.',
  EADDRNOTAVAIL: 'that is no address of this machine. 127.0.0.1 is, and 0.0.0.0 is all of them.',
  EACCES: 'this user may not. Choose a port above 1023.',
};
