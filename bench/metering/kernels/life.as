// The game of life on a torus: eight loads a cell.
export function run(n: i32): i32 {
  const w = 128;
  let from: usize = 1024;
  let to: usize = 1024 + w * w;
  for (let i = 0; i < w * w; i++) store<u8>(from + i, (i * i + (i >> 3)) % 3 == 0 ? 1 : 0);
  for (let round = 0; round < n; round++) {
    for (let y = 0; y < w; y++) {
      const up = ((y + w - 1) & (w - 1)) * w;
      const down = ((y + 1) & (w - 1)) * w;
      for (let x = 0; x < w; x++) {
        const l = (x + w - 1) & (w - 1);
        const r = (x + 1) & (w - 1);
        const around =
          load<u8>(from + up + l) + load<u8>(from + up + x) + load<u8>(from + up + r) +
          load<u8>(from + y * w + l) + load<u8>(from + y * w + r) +
          load<u8>(from + down + l) + load<u8>(from + down + x) + load<u8>(from + down + r);
        const alive = load<u8>(from + y * w + x);
        store<u8>(to + y * w + x, around == 3 || (alive && around == 2) ? 1 : 0);
      }
    }
    const t = from;
    from = to;
    to = t;
  }
  let sum = 0;
  for (let i = 0; i < w * w; i++) sum += load<u8>(from + i);
  return sum;
}
