/** From a granted name to its addresses, by the resolver that the authority names. */
import { lookup, Resolver as PlainResolver } from 'node:dns/promises';
import { connect, isIP, type Socket } from 'node:net';
import { parseHost } from '../authority/domain.ts';
import { askHttpsResolver, type HttpsResolver } from './dns-https.ts';
import { NetworkFailure } from './network-failure.ts';
import { startTls, type TlsTrust } from './network-tls.ts';

/** @throws NetworkFailure `name-not-found` or `name-failed` */
export type Resolve = (name: string, signal: AbortSignal) => Promise<readonly string[]>;

export interface ResolverOptions {
  /** `system`, `cloudflare`, `quad9`, an IP address or an `https:` URL. */
  readonly dns: string;
  readonly trust: TlsTrust;
  /** Port of a resolver that is given by its address. Default 53. */
  readonly port?: number | undefined;
}

/** Answers with more addresses are cut. */
const ADDRESSES = 64;

/** Public resolvers are asked over HTTPS, at fixed addresses, so that nobody on the way answers for them. */
const publicResolvers = new Map([
  [
    'cloudflare',
    { url: 'https://cloudflare-dns.com/dns-query', addresses: ['1.1.1.1', '1.0.0.1'] },
  ],
  ['quad9', { url: 'https://dns.quad9.net/dns-query', addresses: ['9.9.9.9', '149.112.112.112'] }],
]);

const notFound = new Set(['ENOTFOUND', 'ENODATA', 'ENONAME']);

function nameFailure(error: unknown): NetworkFailure {
  const { code } = Object(error) as { code?: unknown };
  return new NetworkFailure(
    typeof code === 'string' && notFound.has(code) ? 'name-not-found' : 'name-failed',
  );
}

async function lookUp(name: string): Promise<readonly string[]> {
  try {
    const found = await lookup(name, { all: true, order: 'verbatim' });
    return found.map(({ address }) => address);
  } catch (error) {
    throw nameFailure(error);
  }
}

/** One family may have no records, or its server may fail, while the other answers. */
async function eitherFamily(families: Promise<readonly string[]>[]): Promise<readonly string[]> {
  const settled = await Promise.allSettled(families);
  const addresses = settled.flatMap((family) =>
    family.status === 'fulfilled' ? family.value : [],
  );
  if (addresses.length > 0) return addresses;
  const failures = settled.flatMap((family) =>
    family.status === 'rejected' ? [nameFailure(family.reason)] : [],
  );
  throw (
    failures.find(({ reason }) => reason === 'name-failed') ?? new NetworkFailure('name-not-found')
  );
}

function plain(server: string): Resolve {
  return async (name, signal) => {
    const resolver = new PlainResolver({ timeout: 2500, tries: 2 });
    resolver.setServers([server]);
    const cancel = () => resolver.cancel();
    signal.addEventListener('abort', cancel, { once: true });
    try {
      return await eitherFamily([resolver.resolve4(name), resolver.resolve6(name)]);
    } finally {
      signal.removeEventListener('abort', cancel);
    }
  };
}

function open(address: string, port: number, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port, signal, autoSelectFamily: false });
    socket.once('connect', () => resolve(socket));
    socket.on('error', reject);
  });
}

function overHttps(text: string, addresses: readonly string[], trust: TlsTrust): Resolve {
  const url = new URL(text);
  const host = parseHost(url.hostname);
  const port = url.port === '' ? 443 : Number(url.port);
  const resolver: HttpsResolver = {
    url,
    async connect(signal) {
      if (host === undefined) throw new NetworkFailure('name-failed');
      const known = host.kind === 'address' ? [host.address] : addresses;
      const candidates = known.length > 0 ? known : await lookUp(url.hostname);
      let failure: unknown;
      for (const address of candidates) {
        try {
          const socket = await open(address, port, signal);
          return await startTls(socket, host.kind === 'name' ? host.name : host.address, trust);
        } catch (error) {
          failure = error;
        }
      }
      throw failure ?? new NetworkFailure('name-failed');
    },
  };
  return async (name, signal) => {
    const answers = await askHttpsResolver(resolver, name, signal).catch(() => {
      throw new NetworkFailure('name-failed');
    });
    const found = answers.flatMap((answer) => answer.addresses);
    if (found.length > 0) return found;
    const failed = answers.some(({ code }) => code !== 0 && code !== 3);
    throw new NetworkFailure(failed ? 'name-failed' : 'name-not-found');
  };
}

function choose({ dns, trust, port = 53 }: ResolverOptions): Resolve {
  if (dns === 'system') return lookUp;
  const known = publicResolvers.get(dns);
  if (known !== undefined) return overHttps(known.url, known.addresses, trust);
  if (dns.startsWith('https:')) return overHttps(dns, [], trust);
  return plain(isIP(dns) === 6 ? `[${dns}]:${port}` : `${dns}:${port}`);
}

export function createResolver(options: ResolverOptions): Resolve {
  const resolve = choose(options);
  return async (name, signal) => [...new Set(await resolve(name, signal))].slice(0, ADDRESSES);
}
