// Floating point in a tight loop with an early exit.
export function run(n: i32): i32 {
  let inside = 0;
  for (let py = 0; py < n; py++) {
    for (let px = 0; px < n; px++) {
      const x0 = (<f64>px * 3.0) / n - 2.0;
      const y0 = (<f64>py * 2.0) / n - 1.0;
      let x: f64 = 0;
      let y: f64 = 0;
      let i = 0;
      while (x * x + y * y <= 4.0 && i < 200) {
        const t = x * x - y * y + x0;
        y = 2.0 * x * y + y0;
        x = t;
        i++;
      }
      if (i == 200) inside++;
    }
  }
  return inside;
}
