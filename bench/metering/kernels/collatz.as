// Branchy integer arithmetic without memory.
export function run(n: i32): i32 {
  let longest = 0;
  for (let i = 1; i < n; i++) {
    let x: i64 = i;
    let steps = 0;
    while (x != 1) {
      x = x & 1 ? 3 * x + 1 : x >> 1;
      steps++;
    }
    if (steps > longest) longest = steps;
  }
  return longest;
}
