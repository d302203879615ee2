/**
 * Generated code copies a list out of the guest's memory by `memory.buffer.slice(start, end)`, which gives what there is
 * where the list reaches beyond the memory. The component model traps, so `slice` throws here.
 */
const slice = ArrayBuffer.prototype.slice;

export function sliceStrictly(): void {
  // oxlint-disable-next-line eslint/no-extend-native -- the realm holds nothing but the isolate and generated code
  Object.defineProperty(ArrayBuffer.prototype, 'slice', {
    value(this: ArrayBuffer, start = 0, end = this.byteLength): ArrayBuffer {
      if (!(start >= 0 && start <= end && end <= this.byteLength)) {
        throw new RangeError('a list reaches beyond the memory');
      }
      return slice.call(this, start, end);
    },
  });
}
