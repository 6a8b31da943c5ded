/** A template's resource after parameters and conditions: what every step from SAM's expansion to the plan hands on. */
import type { JsonObject } from "./json.ts";

export interface Resource {
  readonly id: string;
  readonly type: string;
  readonly properties: JsonObject;
  readonly dependsOn: readonly string[];
  /** Stays when the template or the stack no longer has it. */
  readonly retain: boolean;
}

export type Notice = (text: string) => void;

/** The arguments of one resource that another one makes. */
export function made(
  id: string,
  type: string,
  properties: JsonObject,
  more: { readonly dependsOn?: readonly string[]; readonly retain?: boolean } = {},
): Resource {
  return { id, type, properties, dependsOn: more.dependsOn ?? [], retain: more.retain ?? false };
}
