/** Which response a test has for a request. */

export interface ScriptedResponse {
  /** HTTP status. Default 200. */
  readonly status?: number;
  /** Default: none. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Default: empty. */
  readonly body?: string | Uint8Array;
  /** A body of JSON, in place of `body`; its content type is set unless the headers have one. */
  readonly json?: unknown;
}

/** A request as it arrived. */
export interface RecordedRequest {
  /** In capitals. */
  readonly method: string;
  /** Scheme, host, port unless it is the usual one, path and query. */
  readonly url: string;
  /** Names in lower case; repeated ones joined by `, `. */
  readonly headers: Readonly<Record<string, string>>;
  /** All of it. */
  readonly body: Uint8Array;
  /** The body as text. */
  readonly text: string;
}

/** Answers a request of a skill; it may look at it first. */
export type Responder = (request: RecordedRequest) => ScriptedResponse | Promise<ScriptedResponse>;

/** A list answers one request after the other; its last response stays. */
export type Script = ScriptedResponse | Responder | readonly (ScriptedResponse | Responder)[];

/**
 * By `METHOD URL`. The method may be `*`; a URL that ends in `*` stands for all that begin so. Of several that fit,
 * the longest answers.
 */
export type HttpScripts = Readonly<Record<string, Script>>;

interface Rule {
  readonly method: string;
  readonly url: string;
  readonly isPrefix: boolean;
  readonly script: Script;
  calls: number;
}

const form = /^(\*|[A-Z]+) (https?:\/\/\S+)$/;

/** The URL as requests have it: host in lower case, no usual port, `/` for an empty path. */
function normal(url: string): string {
  const parsed = new URL(url);
  return `${parsed.origin}${parsed.pathname}${parsed.search}`;
}

function ruleOf(key: string, script: Script): Rule {
  const found = form.exec(key);
  const url = found?.[2]?.replace(/\*$/, '');
  if (found?.[1] === undefined || url === undefined || !URL.canParse(url)) {
    throw new TypeError(
      `http: ${JSON.stringify(key)} is no request; write "GET https://api.example.com/path", "*" for any method, or "*" at the end of the URL.`,
    );
  }
  if (Array.isArray(script) && script.length === 0)
    throw new TypeError(`http: ${JSON.stringify(key)} has no response.`);
  const isPrefix = found[2]!.endsWith('*');
  return { method: found[1], url: normal(url), isPrefix, script, calls: 0 };
}

export class HttpScript {
  readonly #rules: readonly Rule[];

  /** @throws TypeError for a key that is no request */
  constructor(scripts: HttpScripts) {
    this.#rules = Object.entries(scripts)
      .map(([key, script]) => ruleOf(key, script))
      .sort(
        (one, other) =>
          Number(one.isPrefix) - Number(other.isPrefix) || other.url.length - one.url.length,
      );
  }

  /** Hosts of all scripts, in lower case. */
  get hosts(): readonly string[] {
    return [...new Set(this.#rules.map(({ url }) => new URL(url).hostname))];
  }

  /** What answers the request; `undefined` when nothing does. */
  answer(request: RecordedRequest): ScriptedResponse | Promise<ScriptedResponse> | undefined {
    const rule = this.#rules.find(
      ({ method, url, isPrefix }) =>
        (method === '*' || method === request.method) &&
        (isPrefix ? request.url.startsWith(url) : request.url === url),
    );
    if (rule === undefined) return undefined;
    const list = Array.isArray(rule.script) ? rule.script : [rule.script];
    const script = list[Math.min(rule.calls, list.length - 1)] as ScriptedResponse | Responder;
    rule.calls += 1;
    return typeof script === 'function' ? script(request) : script;
  }
}
