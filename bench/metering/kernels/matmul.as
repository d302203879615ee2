// Product of two n by n matrices of doubles.
export function run(n: i32): i32 {
  const a: usize = 1024;
  const b: usize = a + n * n * 8;
  const c: usize = b + n * n * 8;
  for (let i = 0; i < n * n; i++) {
    store<f64>(a + i * 8, <f64>(i % 7));
    store<f64>(b + i * 8, <f64>(i % 5));
  }
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      let sum: f64 = 0;
      for (let k = 0; k < n; k++) sum += load<f64>(a + (i * n + k) * 8) * load<f64>(b + (k * n + j) * 8);
      store<f64>(c + (i * n + j) * 8, sum);
    }
  }
  return <i32>load<f64>(c + (n * n - 1) * 8);
}
