import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameReader } from './frames.ts';
import { encodeHead, FrameKind, ISOLATE_FRAME_BYTES } from './wire.ts';

function frame(json: string, blob: Uint8Array): Uint8Array {
  return Buffer.concat([encodeHead(FrameKind.output, json, blob.length), blob]);
}

describe('FrameReader', () => {
  it('finds the same frames however the bytes are cut', () => {
    const frames = fc.array(fc.tuple(fc.string({ unit: 'grapheme' }), fc.uint8Array()), {
      maxLength: 5,
    });
    fc.assert(
      fc.property(frames, fc.array(fc.nat(), { maxLength: 20 }), (parts, places) => {
        const bytes = Buffer.concat(parts.map(([json, blob]) => frame(json, blob)));
        const cuts = places.map((place) => place % (bytes.length + 1)).toSorted((a, b) => a - b);
        const reader = new FrameReader();
        const found = [...cuts, bytes.length].flatMap((end, index) => [
          ...reader.push(bytes.subarray(index === 0 ? 0 : cuts[index - 1], end)),
        ]);
        expect(found.map(({ json, blob }) => [json, [...blob]])).toEqual(
          parts.map(([json, blob]) => [json, [...blob]]),
        );
      }),
    );
  });

  it('takes a frame that comes byte by byte', () => {
    const bytes = frame('{}', new Uint8Array(1000).fill(7));
    const reader = new FrameReader();
    const found = [...bytes].flatMap((byte) => [...reader.push(Uint8Array.of(byte))]);
    expect(found.map(({ blob }) => blob.length)).toEqual([1000]);
  });

  it('refuses a length that is too large as soon as it is known', () => {
    const reader = new FrameReader();
    const head = new Uint8Array(4);
    new DataView(head.buffer).setUint32(0, ISOLATE_FRAME_BYTES + 1, true);
    expect([...reader.push(head.subarray(0, 3))]).toEqual([]);
    expect(() => [...reader.push(head.subarray(3))]).toThrow(RangeError);
  });
});
