// SHA-256 (FIPS 180-4) over bytes that arrive in pieces.

/** The first 32 bits of the fractional parts of the cube roots of the first 64 primes. */
// prettier-ignore
const k: StaticArray<u32> = [
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
  0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
  0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
];

export class Sha256 {
  /** The hash so far: the first 32 bits of the fractional parts of the square roots of 8 primes. */
  private readonly state: StaticArray<u32> = [
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
  ];
  private readonly block: StaticArray<u8> = new StaticArray<u8>(64);
  private readonly schedule: StaticArray<u32> = new StaticArray<u32>(64);
  private filled: i32 = 0;
  private length: u64 = 0;

  /** Adds the `length` bytes at `from`. */
  update(from: usize, length: usize): void {
    this.length += length;
    const end = from + length;
    while (from < end) {
      const room = min<usize>(64 - this.filled, end - from);
      memory.copy(changetype<usize>(this.block) + this.filled, from, room);
      this.filled += <i32>room;
      from += room;
      if (this.filled == 64) this.compress();
    }
  }

  /** Ends the message and returns its hash in lower case hexadecimal, 64 characters. */
  digest(): string {
    const bits = this.length << 3;
    const block = this.block;
    block[this.filled++] = 0x80;
    if (this.filled > 56) this.pad(64);
    this.pad(56);
    store<u64>(changetype<usize>(block) + 56, bswap(bits));
    this.compress();
    let text = '';
    for (let at = 0; at < 8; at++) text += this.state[at].toString(16).padStart(8, '0');
    return text;
  }

  /** Fills the block with zeros up to `end`, and compresses it if that fills it. */
  private pad(end: i32): void {
    if (this.filled < end) {
      memory.fill(changetype<usize>(this.block) + this.filled, 0, end - this.filled);
    }
    this.filled = end;
    if (end == 64) this.compress();
  }

  private compress(): void {
    const w = this.schedule;
    const block = changetype<usize>(this.block);
    for (let t = 0; t < 16; t++) w[t] = bswap(load<u32>(block + (t << 2)));
    for (let t = 16; t < 64; t++) {
      const before15 = w[t - 15];
      const before2 = w[t - 2];
      const small0 = rotr(before15, 7) ^ rotr(before15, 18) ^ (before15 >> 3);
      const small1 = rotr(before2, 17) ^ rotr(before2, 19) ^ (before2 >> 10);
      w[t] = w[t - 16] + small0 + w[t - 7] + small1;
    }

    const state = this.state;
    let a = state[0],
      b = state[1],
      c = state[2],
      d = state[3];
    let e = state[4],
      f = state[5],
      g = state[6],
      h = state[7];
    for (let t = 0; t < 64; t++) {
      const big1 = rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25);
      const choice = (e & f) ^ (~e & g);
      const first = h + big1 + choice + k[t] + w[t];
      const big0 = rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22);
      const majority = (a & b) ^ (a & c) ^ (b & c);
      h = g;
      g = f;
      f = e;
      e = d + first;
      d = c;
      c = b;
      b = a;
      a = first + big0 + majority;
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
    state[5] += f;
    state[6] += g;
    state[7] += h;
    this.filled = 0;
  }
}
