/**
 * The seccomp program as the kernel takes it, made by libseccomp from the same data that OCI runtimes are given: crun and
 * runc use that library too, so the program means the same whoever installs it. Names of system calls that the library
 * does not know are left out, as the runtimes do.
 */

import type * as ffi from "node:ffi";
import { closeSync, readFileSync } from "node:fs";
import { cString, libc, openLibrary } from "../linux/libc.ts";
import type { SeccompRule, seccompProgram } from "./seccomp.ts";

const LIBRARY = "libseccomp.so.2";
const SIGNATURES = {
  seccomp_init: { arguments: ["u32"], return: "pointer" },
  seccomp_release: { arguments: ["pointer"], return: "void" },
  seccomp_syscall_resolve_name: { arguments: ["pointer"], return: "i32" },
  seccomp_rule_add_array: { arguments: ["pointer", "u32", "i32", "u32", "pointer"], return: "i32" },
  seccomp_export_bpf: { arguments: ["pointer", "i32"], return: "i32" },
} as const satisfies ffi.FunctionDefinitions;

type Library = ReturnType<typeof ffi.dlopen<typeof SIGNATURES>>["functions"];

const ALLOW = 0x7fff_0000;
const ERRNO = 0x0005_0000;
const UNKNOWN_NAME = -1;
const OPERATORS: Readonly<Record<string, number>> = { SCMP_CMP_GT: 6, SCMP_CMP_MASKED_EQ: 7 };
const COMPARISON_BYTES = 24;

/** The program's instructions; throws where the library is missing or refuses a rule. */
export function seccompFilter(program: ReturnType<typeof seccompProgram>): Buffer {
  const functions = openLibrary(LIBRARY, SIGNATURES);
  const context = functions.seccomp_init(ALLOW);
  if (context === 0n) throw new Error(`${LIBRARY} cannot make a program`);
  try {
    for (const rule of program.syscalls) for (const name of rule.names) add(functions, context, name, rule);
    return exported(functions, context);
  } finally {
    functions.seccomp_release(context);
  }
}

function add(library: Library, context: bigint, name: string, rule: SeccompRule): void {
  const number = library.seccomp_syscall_resolve_name(cString(name));
  if (number === UNKNOWN_NAME) return;
  const args = rule.args ?? [];
  const comparisons = Buffer.alloc(Math.max(1, args.length) * COMPARISON_BYTES);
  args.forEach(({ index, op, value, valueTwo }, at) => {
    const operator = OPERATORS[op];
    if (operator === undefined) throw new Error(`no seccomp operator ${op}`);
    comparisons.writeUInt32LE(index, at * COMPARISON_BYTES);
    comparisons.writeUInt32LE(operator, at * COMPARISON_BYTES + 4);
    comparisons.writeBigUInt64LE(BigInt(value), at * COMPARISON_BYTES + 8);
    comparisons.writeBigUInt64LE(BigInt(valueTwo ?? 0), at * COMPARISON_BYTES + 16);
  });
  const result = library.seccomp_rule_add_array(context, ERRNO | rule.errnoRet, number, args.length, comparisons);
  if (result !== 0) throw new Error(`${LIBRARY} refuses the rule for ${name}: ${result}`);
}

/** The library writes to a descriptor only. */
function exported(library: Library, context: bigint): Buffer {
  const name = cString("lambent");
  const MFD_CLOEXEC = 1;
  const file = libc("memfd_create", [name, MFD_CLOEXEC]);
  try {
    const result = library.seccomp_export_bpf(context, file);
    if (result !== 0) throw new Error(`${LIBRARY} does not give its program: ${result}`);
    return readFileSync(`/proc/self/fd/${file}`);
  } finally {
    closeSync(file);
  }
}
