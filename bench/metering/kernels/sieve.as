// Primes below n: a memory-bound loop with a strided inner loop.
export function run(n: i32): i32 {
  const base: usize = 1024;
  memory.fill(base, 1, n);
  for (let i = 2; i * i < n; i++) {
    if (load<u8>(base + i)) for (let j = i * i; j < n; j += i) store<u8>(base + j, 0);
  }
  let count = 0;
  for (let i = 2; i < n; i++) count += load<u8>(base + i);
  return count;
}
