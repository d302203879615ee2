/**
 * TLS to a name: the certificate is always checked, on that name, against Mozilla's roots as Node bundles them and
 * the embedder's own. Nothing comes from the environment: neither NODE_EXTRA_CA_CERTS, NODE_TLS_REJECT_UNAUTHORIZED
 * and SSL_CERT_FILE nor flags about system stores change whom a skill's connection trusts.
 */
import type { Socket } from 'node:net';
import { isIP } from 'node:net';
import {
  connect,
  createSecureContext,
  rootCertificates,
  type SecureContext,
  type TLSSocket,
} from 'node:tls';
import { NetworkFailure } from './network-failure.ts';

export interface TlsTrust {
  /** Certificates (PEM) that are trusted besides the public roots. */
  readonly ca: readonly string[];
}

const contexts = new Map<string, SecureContext>();

/** Reading all roots takes some 10 ms; an embedder has one set of its own. */
function contextOf(trust: TlsTrust): SecureContext {
  const key = JSON.stringify(trust.ca);
  const known = contexts.get(key);
  if (known !== undefined) return known;
  const context = createSecureContext({
    ca: [...rootCertificates, ...trust.ca],
    minVersion: 'TLSv1.2',
  });
  contexts.clear();
  contexts.set(key, context);
  return context;
}

/** @param host a name in normal form, or an address: what the certificate must be for */
export function startTls(socket: Socket, host: string, trust: TlsTrust): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const secured = connect({
      socket,
      host,
      // RFC 6066: SNI carries names only.
      servername: isIP(host) === 0 ? host : '',
      secureContext: contextOf(trust),
      rejectUnauthorized: true,
      minVersion: 'TLSv1.2',
      ALPNProtocols: ['http/1.1'],
    });
    secured.once('secureConnect', () => {
      if (secured.authorized) resolve(secured);
      else secured.destroy(new NetworkFailure('tls-certificate'));
    });
    secured.on('error', reject);
    secured.once('close', () => reject(new NetworkFailure('closed')));
  });
}
