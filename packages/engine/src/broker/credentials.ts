/**
 * The credentials of one invocation. The guest holds placeholders; a value is put into the header of a request over
 * https to a host that the credential is bound to, and nowhere else. What comes back is scrubbed.
 */
import { domainMatches } from '../authority/domain.ts';
import type { CredentialUse } from '../execution.ts';
import type { CredentialDenial } from './credential-denial.ts';
import { Mentions, StreamMentions } from './credential-mentions.ts';
import { placeBody, placeQuery, type CredentialPlace } from './credential-places.ts';
import { HEADER_BYTES, isFieldValue } from './http-rules.ts';
import type { RequestHead } from './http-request.ts';
import type { JudgedEndpoint } from './network-dial.ts';
import { PromptReader, ScrubbedReader } from './scrubbed-reader.ts';
import { Scrubber } from './scrub.ts';
import { WasiError } from './wasi-error.ts';

export interface BrokerCredential {
  readonly name: string;
  /** What the guest holds; `null` where it holds the value itself. */
  readonly placeholder: string | null;
  /** Overwritten at the end of the invocation. */
  readonly value: Uint8Array;
  /** Lists of domain patterns; one of each list has to match. */
  readonly hosts: readonly (readonly string[])[];
  readonly places: readonly CredentialPlace[];
}

/** What became of a request: its head and body as they are sent. */
export interface PreparedRequest {
  readonly head: RequestHead;
  readonly body: Uint8Array;
  /** The host is bound to a credential of this invocation: what it says must come unpacked, so that it can be read. */
  readonly bound: boolean;
}

/** Different pairs of user and password that one invocation can send with values in them. */
const BASIC_PAIRS = 32;

const basic = /^(basic[ \t]+)([A-Za-z0-9+/]+={0,2})[ \t]*$/i;

export class CredentialBroker {
  readonly #credentials: readonly BrokerCredential[];
  readonly #mentions: Mentions;
  readonly #onDenial: (denial: CredentialDenial) => void;
  /** What the guest must not see. */
  readonly #unseen = new Scrubber();
  /** What nobody must see afterwards: the former, and values that were handed to the guest. */
  readonly #all = new Scrubber();
  readonly #used = new Map<string, Set<string>>();

  constructor(
    credentials: readonly BrokerCredential[],
    onDenial: (denial: CredentialDenial) => void,
  ) {
    this.#credentials = credentials;
    this.#onDenial = onDenial;
    this.#mentions = new Mentions(credentials);
    for (const { placeholder, value } of credentials) {
      this.#all.add(value);
      if (placeholder !== null) this.#unseen.add(value);
    }
  }

  /** For records of what is over: stdout, stderr, the result, errors, denials. */
  get all(): Scrubber {
    return this.#all;
  }

  /** Which credential went to which host; first those that the guest itself was given. */
  get used(): readonly CredentialUse[] {
    const given = this.#credentials.filter(({ placeholder }) => placeholder === null);
    return [
      ...given.map(({ name }) => ({ name, host: null })),
      ...[...this.#used].flatMap(([name, hosts]) => [...hosts].map((host) => ({ name, host }))),
    ];
  }

  /** Scrubs one stream of a plain connection; `undefined` where there is nothing to scrub. */
  promptReader(): PromptReader | undefined {
    return this.#unseen.empty ? undefined : new PromptReader(this.#unseen);
  }

  /** Scrubs one body that the guest reads; `undefined` where there is nothing to scrub. */
  reader(): ScrubbedReader | undefined {
    return this.#unseen.empty ? undefined : new ScrubbedReader(this.#unseen);
  }

  maskFields(fields: readonly (readonly [string, string])[]): [string, string][] {
    return fields.map(([name, value]) => [
      this.#unseen.maskLatin1(name),
      this.#unseen.maskLatin1(value),
    ]);
  }

  maskDatagram(data: Uint8Array): Uint8Array {
    return this.#unseen.mask(data);
  }

  /** Watches one stream that the guest writes. */
  watch(): StreamMentions {
    return new StreamMentions(this.#mentions);
  }

  /**
   * A placeholder where no value is ever put.
   *
   * @throws WasiError `code`, and records the denial
   */
  refuseIn(data: string | Uint8Array, where: string, target: string, code: string): void {
    const name = this.#mentions.find(data);
    if (name !== undefined) this.misplaced(name, where, target, code);
  }

  misplaced(name: string, where: string, target: string, code: string, rule?: string): never {
    this.#onDenial({
      kind: 'misplaced',
      name,
      where,
      target,
      rule: rule ?? `a placeholder is for headers of requests, and not for ${where}`,
    });
    throw new WasiError(code);
  }

  /** @throws WasiError HTTP-request-denied, and records the denial */
  prepare(
    head: RequestHead,
    endpoint: JudgedEndpoint,
    body: Uint8Array,
    kind: 'none' | 'whole' | 'open',
  ): PreparedRequest {
    const code = 'HTTP-request-denied';
    const url = `${endpoint.protocol}://${endpoint.normal}:${endpoint.port}`;
    const bound = this.#isBound(endpoint);
    const spent = new Set<string>();
    const substitute = (place: CredentialPlace, where: string) => (text: string) =>
      this.#substitute(text, place, where, url, endpoint, spent);
    const target = placeQuery(head.target, substitute('query', 'the query of a URL'));
    this.refuseIn(target, 'the URL', url, code);
    this.refuseIn(head.method, 'the method', url, code);
    const fields = head.fields.map(([name, value]): [string, string] => {
      this.refuseIn(name, 'the name of a header', url, code);
      return [name, this.#field(name, value, substitute('header', 'a header'))];
    });
    const placed = placeBody(head, body, kind, substitute('body', 'the body of a request'));
    this.refuseIn(placed, 'the body of a request', url, code);
    const bytes = fields.reduce((sum, [name, value]) => sum + name.length + value.length, 0);
    if (bytes > HEADER_BYTES) throw new WasiError('HTTP-request-header-section-size');
    if (bound) this.#refuseParts(endpoint, fields, url);
    // Not before: what was refused went nowhere.
    for (const name of spent) {
      this.#used.set(name, (this.#used.get(name) ?? new Set()).add(endpoint.normal));
    }
    const changed = placed !== body;
    return {
      head: {
        ...head,
        target,
        fields: fields
          .filter(([name]) => !(bound && name.toLowerCase() === 'accept-encoding'))
          .map(([name, value]): [string, string] =>
            changed && name.toLowerCase() === 'content-length'
              ? [name, String(placed.length)]
              : [name, value],
          )
          .concat(bound ? [['accept-encoding', 'identity']] : []),
        contentLength:
          changed && head.contentLength !== undefined ? placed.length : head.contentLength,
      },
      body: placed,
      bound,
    };
  }

  /** The host answers packed although it was asked not to: what is in it cannot be scrubbed. */
  refusePacked(host: string, coding: string): void {
    this.#onDenial({
      kind: 'misplaced',
      name: this.#credentials.find(({ placeholder }) => placeholder !== null)?.name ?? '',
      where: 'a response',
      target: host,
      rule: `a host with a credential must answer without content coding; it sent ${this.#all.redactText(coding).slice(0, 64)}`,
    });
  }

  /**
   * Parts of what a host says could be asked for one by one, each too short to be recognised, also in a later request
   * than the one that carried the value.
   */
  #refuseParts(
    endpoint: JudgedEndpoint,
    fields: readonly (readonly [string, string])[],
    url: string,
  ): void {
    const part = fields.find(([name]) => /^(?:range|if-range)$/i.test(name));
    if (part === undefined) return;
    const bound = this.#credentials.filter((one) => isUnseen(one) && matches(one, endpoint));
    this.misplaced(
      bound.map(({ name }) => name).join(', '),
      'a request for parts',
      url,
      'HTTP-request-denied',
      `a host with a credential is asked for the whole, without the header ${part[0].toLowerCase()}`,
    );
  }

  #field(name: string, value: string, substitute: (text: string) => string): string {
    const encoded = name.toLowerCase() === 'authorization' ? basic.exec(value) : null;
    if (encoded === null) return substitute(value);
    const [, scheme = '', token = ''] = encoded;
    const plain = Buffer.from(token, 'base64').toString('latin1');
    const replaced = substitute(plain);
    if (replaced === plain) return value;
    const again = Buffer.from(replaced, 'latin1').toString('base64');
    this.#addEncoded(again);
    return scheme + again;
  }

  /** What is echoed may be encoded once more. Each is looked for in all that comes, so there are not many. */
  #addEncoded(text: string): void {
    if (this.#encoded.has(text)) return;
    if (this.#encoded.size >= BASIC_PAIRS) throw new WasiError('HTTP-request-denied');
    this.#encoded.add(text);
    this.#unseen.add(Buffer.from(text));
    this.#all.add(Buffer.from(text));
  }

  readonly #encoded = new Set<string>();

  #substitute(
    text: string,
    place: CredentialPlace,
    where: string,
    url: string,
    endpoint: JudgedEndpoint,
    spent: Set<string>,
  ): string {
    const code = 'HTTP-request-denied';
    let result = text;
    for (const credential of this.#credentials) {
      const { name, placeholder, value } = credential;
      if (placeholder === null || !result.includes(placeholder)) continue;
      if (!credential.places.includes(place)) {
        this.misplaced(
          name,
          where,
          url,
          code,
          `the manifest does not name ${place} among its places`,
        );
      }
      if (endpoint.protocol !== 'https') {
        this.misplaced(name, where, url, code, 'a credential goes over https only');
      }
      if (!matches(credential, endpoint)) {
        this.#onDenial({ kind: 'host', name, host: endpoint.normal });
        throw new WasiError(code);
      }
      const plain = Buffer.from(value.buffer, value.byteOffset, value.length).toString('latin1');
      if (place === 'header' && !isFieldValue(plain)) {
        this.misplaced(name, where, url, code, 'the value has characters that no header can carry');
      }
      result = result.replaceAll(placeholder, () => plain);
      spent.add(name);
    }
    const other = this.#mentions.find(result);
    if (other !== undefined) {
      this.misplaced(other, where, url, code, 'this is no placeholder of this invocation');
    }
    return result;
  }

  #isBound(endpoint: JudgedEndpoint): boolean {
    return this.#credentials.some((one) => isUnseen(one) && matches(one, endpoint));
  }

  close(): void {
    for (const { value } of this.#credentials) value.fill(0);
    this.#encoded.clear();
    this.#unseen.wipe();
    this.#all.wipe();
  }
}

function isUnseen({ placeholder }: BrokerCredential): boolean {
  return placeholder !== null;
}

function matches({ hosts }: BrokerCredential, { normal, address }: JudgedEndpoint): boolean {
  if (address !== undefined || hosts.length === 0) return false;
  return hosts.every((list) => list.some((pattern) => domainMatches(pattern, normal)));
}
