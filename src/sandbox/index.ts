/** Sandboxes: isolated places to run one program, made ahead of need. Knows nothing of Lambda. See driver.ts. */
export { createSandboxDriver, type SandboxDriverOptions } from "./create.ts";
export * from "./driver.ts";
export { forwardPort } from "./forward.ts";
export { trimAllocator } from "./linux/allocator.ts";
export { overlayMarks } from "./linux/overlay-marks.ts";
