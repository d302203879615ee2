/** Certificates for servers on loopback: an authority of one's own, made anew in every test run. */
import { generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import { isIP } from 'node:net';

/** DER (X.690): tag, length, contents. */
function der(tag: number, ...parts: Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  const length =
    body.length < 128
      ? [body.length]
      : body.length < 256
        ? [0x81, body.length]
        : [0x82, body.length >> 8, body.length & 255];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
}

const sequence = (...parts: Uint8Array[]) => der(0x30, ...parts);
const oid = (...bytes: number[]) => der(0x06, Buffer.from(bytes));
const ecdsaWithSha256 = sequence(oid(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02));
const named = (text: string) =>
  sequence(der(0x31, sequence(oid(0x55, 0x04, 0x03), der(0x0c, Buffer.from(text)))));
const time = (text: string) => der(0x17, Buffer.from(text));
const extension = (id: number, critical: boolean, value: Uint8Array) =>
  sequence(
    oid(0x55, 0x1d, id),
    ...(critical ? [der(0x01, Buffer.from([0xff]))] : []),
    der(0x04, value),
  );

export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

interface Subject {
  readonly name: string;
  readonly extensions: readonly Uint8Array[];
  readonly expired?: boolean | undefined;
}

interface Issuer {
  readonly name: string;
  readonly key: KeyObject;
}

function issue(
  { name, extensions, expired }: Subject,
  issuer?: Issuer,
): Certificate & { private: KeyObject } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const serial = randomBytes(16);
  serial[0] = (serial[0]! & 0x7f) | 1;
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, serial),
    ecdsaWithSha256,
    named(issuer?.name ?? name),
    sequence(time('200101000000Z'), time(expired ? '210101000000Z' : '490101000000Z')),
    named(name),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...extensions)),
  );
  const signature = sign('sha256', body, issuer?.key ?? privateKey);
  const whole = sequence(body, ecdsaWithSha256, der(0x03, Buffer.from([0]), signature));
  const lines = whole.toString('base64').replace(/.{64}/g, '$&\n');
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    private: privateKey,
  };
}

function alternative(host: string): Buffer {
  if (isIP(host) === 4) return der(0x87, Buffer.from(host.split('.').map(Number)));
  return der(0x82, Buffer.from(host));
}

export interface TestAuthority {
  readonly cert: string;
  /** A certificate for these names and IPv4 addresses. */
  issue(hosts: readonly string[], options?: { readonly expired?: boolean }): Certificate;
}

export function createAuthority(name = 'test authority'): TestAuthority {
  const constraints = sequence(der(0x01, Buffer.from([0xff])));
  const root = issue({ name, extensions: [extension(0x13, true, constraints)] });
  return {
    cert: root.cert,
    issue(hosts, { expired } = {}) {
      const names = extension(0x11, false, sequence(...hosts.map(alternative)));
      return issue(
        { name: hosts[0] ?? '', extensions: [names], expired },
        { name, key: root.private },
      );
    },
  };
}
