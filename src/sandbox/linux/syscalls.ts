/** Numbers of the system calls that are carried out as data by processes of ours; Linux gives each architecture its own. */
const NUMBERS = {
  x64: {
    write: 1,
    clone: 56,
    setsid: 112,
    setgroups: 116,
    setresuid: 117,
    setresgid: 119,
    capset: 126,
    prctl: 157,
    setrlimit: 160,
    mount: 165,
    umount2: 166,
    sethostname: 170,
    keyctl: 250,
    unshare: 272,
    setns: 308,
    seccomp: 317,
  },
  arm64: {
    write: 64,
    clone: 220,
    setsid: 157,
    setgroups: 159,
    setresuid: 147,
    setresgid: 149,
    capset: 91,
    prctl: 167,
    setrlimit: 164,
    mount: 40,
    umount2: 39,
    sethostname: 161,
    keyctl: 219,
    unshare: 97,
    setns: 268,
    seccomp: 277,
  },
} as const satisfies Readonly<Record<string, Readonly<Record<string, number>>>>;

export type SyscallNumbers = Readonly<Record<keyof (typeof NUMBERS)["x64"], number>>;

/** `architecture` is `process.arch`; undefined where this house has no table. */
export function syscallNumbers(architecture: string): SyscallNumbers | undefined {
  return architecture === "x64" || architecture === "arm64" ? NUMBERS[architecture] : undefined;
}
