/**
 * The system call filter of a sandboxed isolate, as a classic BPF program for `bwrap --seccomp`.
 *
 * It refuses what Node never needs once it runs: sockets, new processes and namespaces, signals to others, looking
 * into other processes, mounting, keys, shared memory, and the kernel interfaces that break most often. Everything
 * else passes, since a list of what V8 and the C library need would break with each of their versions.
 *
 * Numbers: `asm/unistd_64.h` for x86-64, `asm-generic/unistd.h` for arm64. Actions and layout: `linux/seccomp.h`,
 * `linux/filter.h`.
 */

/** Numbers on x86-64 and on arm64; `-` where the call does not exist. */
const DENIED = `
socket 41 198, socketpair 53 199, connect 42 203, bind 49 200, listen 50 201, accept 43 202, accept4 288 242,
sendto 44 206, sendmsg 46 211, sendmmsg 307 269, recvfrom 45 207, recvmsg 47 212, recvmmsg 299 243,
fork 57 -, vfork 58 -, unshare 272 97, setns 308 268,
kill 62 129, tkill 200 130, rt_sigqueueinfo 129 138, rt_tgsigqueueinfo 297 240, pidfd_send_signal 424 424,
ptrace 101 117, process_vm_readv 310 270, process_vm_writev 311 271, process_madvise 440 440, kcmp 312 272,
pidfd_open 434 434, pidfd_getfd 438 438,
mount 165 40, umount2 166 39, pivot_root 155 41, chroot 161 51, move_mount 429 429, open_tree 428 428,
mount_setattr 442 442, fsopen 430 430, fsconfig 431 431, fsmount 432 432, fspick 433 433,
open_by_handle_at 304 265, name_to_handle_at 303 264, mknod 133 -, mknodat 259 33,
bpf 321 280, perf_event_open 298 241, userfaultfd 323 282, seccomp 317 277,
io_uring_setup 425 425, io_uring_enter 426 426, io_uring_register 427 427,
keyctl 250 219, add_key 248 217, request_key 249 218,
shmget 29 194, shmat 30 196, shmctl 31 195, msgget 68 186, msgsnd 69 189, msgrcv 70 188, msgctl 71 187,
semget 64 190, semop 65 193, semctl 66 191, semtimedop 220 192, mq_open 240 180, mq_unlink 241 181,
memfd_create 319 279, memfd_secret 447 447, vmsplice 278 75,
init_module 175 105, finit_module 313 273, delete_module 176 106, kexec_load 246 104, kexec_file_load 320 294,
reboot 169 142, swapon 167 224, swapoff 168 225, acct 163 89, quotactl 179 60, quotactl_fd 443 443, syslog 103 116,
settimeofday 164 170, clock_settime 227 112, clock_adjtime 305 266, adjtimex 159 171,
sethostname 170 161, setdomainname 171 162, iopl 172 -, ioperm 173 -, modify_ldt 154 -, personality 135 92,
uselib 134 -, ustat 136 -, sysfs 139 -, lookup_dcookie 212 18, nfsservctl 180 42, vhangup 153 58,
fanotify_init 300 262, inotify_init 253 -, inotify_init1 294 26, migrate_pages 256 238, move_pages 279 239`;

interface Machine {
  readonly audit: number;
  /** Column of the table. */
  readonly column: 1 | 2;
  readonly clone: number;
  readonly clone3: number;
  readonly ioctl: number;
}

const machines: Readonly<Record<string, Machine>> = {
  x64: { audit: 0xc000_003e, column: 1, clone: 56, clone3: 435, ioctl: 16 },
  arm64: { audit: 0xc000_00b7, column: 2, clone: 220, clone3: 435, ioctl: 29 },
};

/** Whether there is a filter for this machine. */
export const hasFilter = Object.hasOwn(machines, process.arch);

// linux/bpf_common.h
const LOAD = 0x20;
const IF_EQUAL = 0x15;
const IF_AT_LEAST = 0x35;
const IF_ANY_BIT = 0x45;
const RETURN = 0x06;

const ALLOW = 0x7fff_0000;
const KILL_PROCESS = 0x8000_0000;
const EPERM = 0x0005_0001;
/** Makes the C library fall back to `clone`, whose flags a filter can see. */
const ENOSYS = 0x0005_0026;

/** Offsets in `struct seccomp_data`, low halves of the arguments (both machines are little-endian). */
const NUMBER = 0;
const ARCHITECTURE = 4;
const FIRST_ARGUMENT = 16;
const SECOND_ARGUMENT = 24;

/** x32 calls on x86-64 have numbers of their own, which the table does not list. */
const X32_BIT = 0x4000_0000;

const CLONE_THREAD = 0x0001_0000;
/** All CLONE_NEW… flags that `clone` takes. */
const CLONE_NAMESPACES = 0x7e02_0000;
const TIOCSTI = 0x5412;
const TIOCLINUX = 0x541c;

type Instruction = readonly [code: number, ifTrue: number, ifFalse: number, value: number];

/** The program for an architecture of `process.arch`; `hasFilter` says whether this one has any. */
export function seccompFilter(arch: string = process.arch): Uint8Array {
  const machine = Object.hasOwn(machines, arch) ? machines[arch] : undefined;
  if (!machine) throw new RangeError(`no system call filter for ${arch}`);
  const answer = (action: number): Instruction => [RETURN, 0, 0, action];
  const load = (offset: number): Instruction => [LOAD, 0, 0, offset];
  const program: Instruction[] = [
    load(ARCHITECTURE),
    [IF_EQUAL, 1, 0, machine.audit],
    answer(KILL_PROCESS),
    load(NUMBER),
    [IF_AT_LEAST, 0, 1, X32_BIT],
    answer(KILL_PROCESS),
    [IF_EQUAL, 0, 1, machine.clone3],
    answer(ENOSYS),
    // Threads, and nothing else.
    [IF_EQUAL, 0, 5, machine.clone],
    load(FIRST_ARGUMENT),
    [IF_ANY_BIT, 0, 2, CLONE_THREAD],
    [IF_ANY_BIT, 1, 0, CLONE_NAMESPACES],
    answer(ALLOW),
    answer(EPERM),
    // No keystrokes for a terminal.
    [IF_EQUAL, 0, 5, machine.ioctl],
    load(SECOND_ARGUMENT),
    [IF_EQUAL, 2, 0, TIOCSTI],
    [IF_EQUAL, 1, 0, TIOCLINUX],
    answer(ALLOW),
    answer(EPERM),
  ];
  for (const number of deniedNumbers(machine.column)) {
    program.push([IF_EQUAL, 0, 1, number], answer(EPERM));
  }
  program.push(answer(ALLOW));
  return encode(program);
}

function deniedNumbers(column: 1 | 2): number[] {
  return DENIED.split(',')
    .map((entry) => entry.trim().split(' ')[column]!)
    .filter((number) => number !== '-')
    .map(Number);
}

function encode(program: readonly Instruction[]): Uint8Array {
  const bytes = new Uint8Array(program.length * 8);
  const view = new DataView(bytes.buffer);
  for (const [index, [code, ifTrue, ifFalse, value]] of program.entries()) {
    view.setUint16(index * 8, code, true);
    view.setUint8(index * 8 + 2, ifTrue);
    view.setUint8(index * 8 + 3, ifFalse);
    view.setUint32(index * 8 + 4, value, true);
  }
  return bytes;
}
