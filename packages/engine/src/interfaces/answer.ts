/**
 * One call of a guest, on the embedder's thread. What the guest sends is hostile, and is checked against the types again;
 * what the implementation returns is converted by its type. Nothing of an unexpected error reaches the guest.
 */
import { valueFromJson } from '../wit/from-json.ts';
import { WitMismatch } from '../wit/mismatch.ts';
import { valueToJson } from '../wit/to-json.ts';
import { findOffer } from './find.ts';
import { InterfaceError, type InterfaceCall } from './host-interface.ts';
import type { Offer, Offers } from './offer.ts';

/** Longest JSON of an answer, in UTF-8 bytes; the frame that carries it has this bound, too. */
export const ANSWER_BYTES = 1024 * 1024;

/** The JSON that the isolate gets: `ok`, `err` (a result's case), or `failed`, which ends the guest. */
type Answer = { readonly ok: unknown } | { readonly err: unknown } | { readonly failed: string };

export interface AnsweredCall {
  readonly bytes: Uint8Array;
  /** What went wrong on this side, for the embedder only. */
  readonly cause: unknown;
}

export async function answerCall(
  offers: Offers,
  request: { readonly interface: string; readonly function: string; readonly bytes: Uint8Array },
  call: InterfaceCall,
): Promise<AnsweredCall> {
  const where = `${request.interface} ${request.function}`;
  let cause: unknown;
  let answer: Answer;
  try {
    const offer = findOffer(offers, request.interface);
    answer = offer
      ? await perform(offer, request.function, request.bytes, call)
      : { failed: `There is no ${where}.` };
  } catch (error) {
    cause = error;
    const mismatch = ownError(error, WitMismatch);
    answer = {
      failed: mismatch
        ? `A value of ${where} is not of its type: ${mismatch.message}.`
        : `The host's implementation of ${where} failed.`,
    };
  }
  const bytes = encode(answer);
  if (bytes.length <= ANSWER_BYTES) return { bytes, cause };
  return { bytes: encode({ failed: `The answer of ${where} is larger than 1 MiB.` }), cause };
}

function encode(answer: Answer): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(answer));
}

async function perform(
  { types, functions }: Offer,
  name: string,
  bytes: Uint8Array,
  call: InterfaceCall,
): Promise<Answer> {
  const found = functions.get(name);
  if (!found) return { failed: 'There is no such function.' };
  const { params, result } = found.fn;
  const given = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as unknown;
  if (!Array.isArray(given) || given.length !== params.length) {
    throw new WitMismatch('', `${params.length} arguments`);
  }
  const args = params.map(({ name: path, type }, index) =>
    valueFromJson(types, type, given[index], path),
  );
  const type = result === null ? undefined : types[result]!;
  const write = (index: number | null, value: unknown) =>
    index === null ? null : valueToJson(target(types), index, value, 'the result');
  let value: unknown;
  try {
    value = await found.call(...args, call);
  } catch (error) {
    if (type?.kind !== 'result') throw error;
    const failure = ownError(error, InterfaceError);
    if (failure) return { err: write(type.err, failure.payload) };
    const isText = type.err !== null && types[type.err]!.kind === 'string';
    if (isText) return { err: "the host's implementation failed" };
    throw error;
  }
  return { ok: type?.kind === 'result' ? write(type.ok, value) : write(result, value) };
}

/** Anything may be thrown, also what throws when it is looked at. */
function ownError<T>(error: unknown, kind: abstract new (...args: never[]) => T): T | undefined {
  try {
    return error instanceof kind ? error : undefined;
  } catch {
    return undefined;
  }
}

function target(types: Offer['types']) {
  let left = ANSWER_BYTES;
  return {
    types,
    large: (value: number) => value,
    take(length: number) {
      left -= length;
      if (left < 0) throw new WitMismatch('the result', 'at most 1 MiB of JSON');
    },
  };
}
