// A skill that runs JavaScript handed to it, with every interface of WASI 0.2 at hand.
// Attacks on the host are written as function bodies for its one tool; see README.md.
import * as environment from 'wasi:cli/environment@0.2.12';
import * as exit from 'wasi:cli/exit@0.2.12';
import * as stdin from 'wasi:cli/stdin@0.2.12';
import * as stdout from 'wasi:cli/stdout@0.2.12';
import * as stderr from 'wasi:cli/stderr@0.2.12';
import * as terminalStdin from 'wasi:cli/terminal-stdin@0.2.12';
import * as terminalStdout from 'wasi:cli/terminal-stdout@0.2.12';
import * as terminalStderr from 'wasi:cli/terminal-stderr@0.2.12';
import * as monotonicClock from 'wasi:clocks/monotonic-clock@0.2.12';
import * as wallClock from 'wasi:clocks/wall-clock@0.2.12';
import * as preopens from 'wasi:filesystem/preopens@0.2.12';
import * as filesystemTypes from 'wasi:filesystem/types@0.2.12';
import * as poll from 'wasi:io/poll@0.2.12';
import * as streams from 'wasi:io/streams@0.2.12';
import * as random from 'wasi:random/random@0.2.12';
import * as insecure from 'wasi:random/insecure@0.2.12';
import * as insecureSeed from 'wasi:random/insecure-seed@0.2.12';
import * as instanceNetwork from 'wasi:sockets/instance-network@0.2.12';
import * as ipNameLookup from 'wasi:sockets/ip-name-lookup@0.2.12';
import * as tcp from 'wasi:sockets/tcp@0.2.12';
import * as tcpCreateSocket from 'wasi:sockets/tcp-create-socket@0.2.12';
import * as udp from 'wasi:sockets/udp@0.2.12';
import * as udpCreateSocket from 'wasi:sockets/udp-create-socket@0.2.12';

const wasi = {
  cli: { environment, exit, stdin, stdout, stderr, terminalStdin, terminalStdout, terminalStderr },
  clocks: { monotonicClock, wallClock },
  filesystem: { preopens, types: filesystemTypes },
  io: { poll, streams },
  random: { random, insecure, insecureSeed },
  sockets: { instanceNetwork, ipNameLookup, tcp, tcpCreateSocket, udp, udpCreateSocket },
};

const parameters = {
  type: 'object',
  properties: { code: { type: 'string' }, args: {} },
  required: ['code'],
  additionalProperties: false,
};

/** JSON has no bigint and no bytes; both cross as objects with one telling key. */
function encode(_key, value) {
  if (typeof value === 'bigint') return { $bigint: String(value) };
  if (value instanceof Uint8Array) {
    return { $hex: Array.from(value, (byte) => byte.toString(16).padStart(2, '0')).join('') };
  }
  return value === undefined ? null : value;
}

function decode(_key, value) {
  if (typeof value?.$bigint === 'string') return BigInt(value.$bigint);
  if (typeof value?.$hex === 'string') {
    return Uint8Array.from(value.$hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
  }
  return value;
}

/** QuickJS has neither TextEncoder nor TextDecoder. */
const utf8 = {
  encode(text) {
    const bytes = unescape(encodeURIComponent(text));
    return Uint8Array.from(bytes, (character) => character.charCodeAt(0));
  },
  decode(bytes) {
    return decodeURIComponent(escape(String.fromCharCode(...bytes)));
  },
};

function describe(thrown) {
  if (!(thrown instanceof Error)) return thrown;
  if ('payload' in thrown) return thrown.payload;
  return { name: thrown.name, message: thrown.message };
}

export const tools = {
  listTools() {
    return [
      {
        name: 'eval',
        description: 'Runs a JavaScript function body with (wasi, args, utf8)',
        parameters: JSON.stringify(parameters),
        output: null,
      },
    ];
  },
  invoke(tool, text) {
    if (tool !== 'eval') throw { tag: 'unknown-tool', val: tool };
    const { code, args } = JSON.parse(text, decode);
    let outcome;
    try {
      outcome = { value: new Function('wasi', 'args', 'utf8', code)(wasi, args, utf8) };
    } catch (thrown) {
      outcome = { error: describe(thrown) };
    }
    return JSON.stringify(outcome, encode);
  },
};
