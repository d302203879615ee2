// Dynamic programming over bytes: dependent loads and minima.
export function run(n: i32): i32 {
  const a: usize = 1024;
  const b: usize = a + n;
  const row: usize = (b + n + 7) & ~7;
  for (let i = 0; i < n; i++) {
    store<u8>(a + i, (i * 7) & 31);
    store<u8>(b + i, (i * 11) & 31);
  }
  for (let j = 0; j <= n; j++) store<i32>(row + j * 4, j);
  for (let i = 1; i <= n; i++) {
    let diagonal = load<i32>(row);
    store<i32>(row, i);
    const c = load<u8>(a + i - 1);
    for (let j = 1; j <= n; j++) {
      const above = load<i32>(row + j * 4);
      const left = load<i32>(row + (j - 1) * 4);
      let best = c == load<u8>(b + j - 1) ? diagonal : diagonal + 1;
      if (above + 1 < best) best = above + 1;
      if (left + 1 < best) best = left + 1;
      store<i32>(row + j * 4, best);
      diagonal = above;
    }
  }
  return load<i32>(row + n * 4);
}
