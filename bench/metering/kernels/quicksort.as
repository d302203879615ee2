// Recursion with loops inside.
function sort(low: i32, high: i32): void {
  if (low >= high) return;
  const base: usize = 1024;
  const pivot = load<i32>(base + ((low + high) >> 1) * 4);
  let i = low;
  let j = high;
  while (i <= j) {
    while (load<i32>(base + i * 4) < pivot) i++;
    while (load<i32>(base + j * 4) > pivot) j--;
    if (i <= j) {
      const t = load<i32>(base + i * 4);
      store<i32>(base + i * 4, load<i32>(base + j * 4));
      store<i32>(base + j * 4, t);
      i++;
      j--;
    }
  }
  sort(low, j);
  sort(i, high);
}
export function run(n: i32): i32 {
  let seed: u32 = 12345;
  for (let i = 0; i < n; i++) {
    seed = seed * 1664525 + 1013904223;
    store<i32>(1024 + i * 4, seed >> 4);
  }
  sort(0, n - 1);
  return load<i32>(1024 + (n >> 1) * 4);
}
