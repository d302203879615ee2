// A bytecode interpreter: one switch in a loop.
export function run(n: i32): i32 {
  const code: usize = 1024;
  // r1 = n; loop: r0 += r1 * 3; r0 ^= r2; r2 += 1; r1 -= 1; if (r1) goto loop; halt
  store<u8>(code, 1); store<u8>(code + 1, 2); store<u8>(code + 2, 3); store<u8>(code + 3, 4);
  store<u8>(code + 4, 5); store<u8>(code + 5, 6); store<u8>(code + 6, 0);
  let pc = 0;
  let r0 = 0;
  let r1 = n;
  let r2 = 0;
  let t = 0;
  while (true) {
    switch (load<u8>(code + pc)) {
      case 0: return r0;
      case 1: t = r1 * 3; pc++; break;
      case 2: r0 += t; pc++; break;
      case 3: r0 ^= r2; pc++; break;
      case 4: r2 += 1; pc++; break;
      case 5: r1 -= 1; pc++; break;
      case 6: pc = r1 ? 0 : pc + 1; break;
      case 7: r0 = ~r0; pc++; break;
      default: return -1;
    }
  }
}
