// Small functions that are called directly and not inlined by the compiler.
// @ts-ignore: decorator
@lazy let state: u32 = 1;
function next(): u32 {
  let s = state;
  s ^= s << 13;
  s ^= s >> 17;
  s ^= s << 5;
  state = s;
  return s;
}
function clamp(x: u32, low: u32, high: u32): u32 {
  if (x < low) return low;
  if (x > high) return high;
  return x;
}
function mix(a: u32, b: u32): u32 {
  return clamp(rotl<u32>(a, 7) + b * 0x9e3779b1, 16, 0xfffffff0);
}
export function run(n: i32): i32 {
  let h: u32 = 0;
  for (let i = 0; i < n; i++) h = mix(mix(h, next()), next());
  return h;
}
