/**
 * The system calls that code in a sandbox may not make, as data. Allowed by default, because any program that runs on
 * AWS must run here; denied are ways to gain rights, to reach kernel interfaces with a history of escapes, and to act on
 * the host. With no capabilities most of these would fail anyway: this is the second wall. (mknod is allowed: programs
 * make FIFOs with it, device files need a capability, and no mount but /dev would honour them.)
 */
const EPERM = 1;
const ENOSYS = 38;
const EAFNOSUPPORT = 97;

/** Flags of clone(2) that make a namespace. */
const CLONE_NEW = {
  mount: 0x00020000,
  cgroup: 0x02000000,
  uts: 0x04000000,
  ipc: 0x08000000,
  user: 0x10000000,
  pid: 0x20000000,
  network: 0x40000000,
} as const;

/** AF_NETLINK is the last address family that ordinary programs use; packet, vsock, alg and others come after it. */
const AF_LAST_ALLOWED = 16;

const DENIED: readonly string[] = [
  // mounts and roots
  ...["mount", "umount", "umount2", "pivot_root", "chroot", "move_mount", "open_tree", "fsopen", "fsmount", "fsconfig"],
  ...["fspick", "mount_setattr", "open_by_handle_at", "name_to_handle_at", "quotactl", "quotactl_fd", "fanotify_init"],
  // namespaces
  ...["unshare", "setns"],
  // kernel memory and code
  ...["bpf", "perf_event_open", "userfaultfd", "io_uring_setup", "io_uring_enter", "io_uring_register", "kexec_load"],
  ...["kexec_file_load", "init_module", "finit_module", "delete_module", "create_module", "lookup_dcookie", "vhangup"],
  ...["iopl", "ioperm", "modify_ldt", "uselib", "nfsservctl", "lsm_set_self_attr", "memfd_secret"],
  // other processes
  ...["ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "kcmp", "pidfd_getfd", "move_pages"],
  ...["migrate_pages"],
  // keys
  ...["keyctl", "add_key", "request_key"],
  // the host's clock, power, swap, name, accounting
  ...["clock_settime", "clock_settime64", "clock_adjtime", "clock_adjtime64", "settimeofday", "stime", "adjtimex"],
  ...["reboot", "swapon", "swapoff", "sethostname", "setdomainname", "acct", "syslog"],
];

export interface SeccompRule {
  readonly names: readonly string[];
  readonly action: "SCMP_ACT_ERRNO";
  readonly errnoRet: number;
  readonly args?: readonly {
    readonly index: number;
    readonly value: number;
    readonly valueTwo?: number;
    readonly op: string;
  }[];
}

/** OCI's `linux.seccomp`. Only the native architecture may make calls: no 32-bit way around the list. */
export function seccompProgram(architecture: string): {
  readonly defaultAction: "SCMP_ACT_ALLOW";
  readonly architectures: readonly string[];
  readonly syscalls: readonly SeccompRule[];
} {
  const namespaceFlags = Object.values(CLONE_NEW).map(
    (flag): SeccompRule => ({
      names: ["clone"],
      action: "SCMP_ACT_ERRNO",
      errnoRet: EPERM,
      args: [{ index: 0, value: flag, valueTwo: flag, op: "SCMP_CMP_MASKED_EQ" }],
    }),
  );
  return {
    defaultAction: "SCMP_ACT_ALLOW",
    architectures: [architecture === "arm64" ? "SCMP_ARCH_AARCH64" : "SCMP_ARCH_X86_64"],
    syscalls: [
      { names: DENIED, action: "SCMP_ACT_ERRNO", errnoRet: EPERM },
      ...namespaceFlags,
      // Its flags lie in memory, out of a filter's sight. C libraries fall back to clone when it does not exist.
      { names: ["clone3"], action: "SCMP_ACT_ERRNO", errnoRet: ENOSYS },
      {
        names: ["socket", "socketpair"],
        action: "SCMP_ACT_ERRNO",
        errnoRet: EAFNOSUPPORT,
        args: [{ index: 0, value: AF_LAST_ALLOWED, op: "SCMP_CMP_GT" }],
      },
    ],
  };
}
