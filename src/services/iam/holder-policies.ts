/**
 * Policies on what holds them (a user, a group or a role): inline ones by name, managed ones attached by ARN. One mechanism
 * for all three.
 */
import type { AttachedPolicy } from "@aws-sdk/client-iam";
import type { JsonValue } from "../../base/index.ts";
import type { Call } from "../../wire/index.ts";
import {
  inlinePoliciesTooLarge,
  inlinePolicyNotFound,
  policyNotAttachable,
  policyNotFound,
  quotaExceeded,
} from "./errors.ts";
import { IAM_LIMITS } from "./limits.ts";
import type { NamedRecords } from "./named-records.ts";
import { type PageInput, takePageOf } from "./pages.ts";
import { checkIdentityPolicy, encodeDocument, policyCharacters } from "./policy-documents.ts";
import { findPolicy, parsePolicyArn } from "./policy-lookup.ts";
import type { IamState } from "./state.ts";

type Holder = {
  readonly [member: string]: JsonValue;
  readonly id: string;
  readonly name: string;
  readonly path: string;
  readonly inlinePolicies: { readonly [name: string]: string };
  readonly attachedPolicyArns: readonly string[];
};
type Listing = Readonly<{ IsTruncated: boolean; Marker?: string }>;

const QUOTAS = { user: "PoliciesPerUser", group: "PoliciesPerGroup", role: "PoliciesPerRole" } as const;

export class HolderPolicies<T extends Holder> {
  readonly #state: IamState;
  readonly #kind: keyof typeof QUOTAS;
  readonly #holders: NamedRecords<T>;
  readonly #guard: (holder: T) => void;

  /** `guard` throws for a holder whose policies are not to be changed. */
  constructor(
    state: IamState,
    kind: keyof typeof QUOTAS,
    holders: NamedRecords<T>,
    guard: (holder: T) => void = () => undefined,
  ) {
    this.#state = state;
    this.#kind = kind;
    this.#holders = holders;
    this.#guard = guard;
  }

  async put(call: Call, holderName: string, policyName: string, document: string): Promise<Record<string, never>> {
    checkIdentityPolicy(document);
    await this.#update(call, holderName, (holder) => {
      const inlinePolicies = { ...holder.inlinePolicies, [policyName]: document };
      const characters = Object.values(inlinePolicies).reduce((sum, text) => sum + policyCharacters(text), 0);
      const max = IAM_LIMITS.inlinePolicyCharacters[this.#kind];
      if (characters > max) throw inlinePoliciesTooLarge(this.#kind, holder.name, max);
      return { ...holder, inlinePolicies };
    });
    return {};
  }

  async get(
    call: Call,
    holderName: string,
    policyName: string,
  ): Promise<{ name: string; PolicyName: string; PolicyDocument: string }> {
    const { name, inlinePolicies } = await this.#holders.get(call, holderName);
    const document = Object.hasOwn(inlinePolicies, policyName) ? inlinePolicies[policyName] : undefined;
    if (document === undefined) throw inlinePolicyNotFound(this.#kind, policyName);
    return { name, PolicyName: policyName, PolicyDocument: encodeDocument(document) };
  }

  async list(call: Call, holderName: string, page: PageInput): Promise<Listing & { PolicyNames: string[] }> {
    const { inlinePolicies } = await this.#holders.get(call, holderName);
    const { items, ...rest } = await takePageOf(page, Object.keys(inlinePolicies), (name) => name);
    return { PolicyNames: items, ...rest };
  }

  async delete(call: Call, holderName: string, policyName: string): Promise<Record<string, never>> {
    await this.#update(call, holderName, (holder) => {
      if (!Object.hasOwn(holder.inlinePolicies, policyName)) throw inlinePolicyNotFound(this.#kind, policyName);
      const { [policyName]: _, ...inlinePolicies } = holder.inlinePolicies;
      return { ...holder, inlinePolicies };
    });
    return {};
  }

  /** Under the policy's lock, so that no policy is deleted while it is being attached. */
  attach(call: Call, holderName: string, arn: string): Promise<Record<string, never>> {
    return this.#state.locks.run(arn, async () => {
      if ((await findPolicy(this.#state, call, arn)) === undefined) throw policyNotAttachable(arn);
      await this.#update(call, holderName, (holder) => {
        if (holder.attachedPolicyArns.includes(arn)) return holder;
        const max = IAM_LIMITS.attachedPoliciesPerEntity;
        if (holder.attachedPolicyArns.length >= max) throw quotaExceeded(QUOTAS[this.#kind], max);
        return { ...holder, attachedPolicyArns: [...holder.attachedPolicyArns, arn] };
      });
      return {};
    });
  }

  async detach(call: Call, holderName: string, arn: string): Promise<Record<string, never>> {
    parsePolicyArn(arn);
    await this.#update(call, holderName, (holder) => {
      if (!holder.attachedPolicyArns.includes(arn)) throw policyNotFound(arn);
      return { ...holder, attachedPolicyArns: holder.attachedPolicyArns.filter((attached) => attached !== arn) };
    });
    return {};
  }

  async listAttached(
    call: Call,
    holderName: string,
    page: PageInput & { readonly PathPrefix?: string | undefined },
  ): Promise<Listing & { AttachedPolicies: AttachedPolicy[] }> {
    const { attachedPolicyArns } = await this.#holders.get(call, holderName);
    const { PathPrefix: prefix = "/" } = page;
    const attached = attachedPolicyArns.map((arn) => ({ arn, ...parsePolicyArn(arn) }));
    const shown = attached.filter((policy) => policy.path.startsWith(prefix));
    // A whole ARN can make a longer marker than IAM takes back; the name of an own policy is enough.
    const { items, ...rest } = await takePageOf(page, shown, ({ name, owner, path }) =>
      owner === "aws" ? `${name} ${path}` : name,
    );
    return { AttachedPolicies: printAttached(items.map(({ arn }) => arn)), ...rest };
  }

  #update(call: Call, name: string, change: (holder: T) => T): Promise<T> {
    return this.#holders.update(call, name, (holder) => {
      this.#guard(holder);
      return change(holder);
    });
  }
}

export function printAttached(arns: readonly string[]): AttachedPolicy[] {
  return arns.map((arn) => ({ PolicyName: parsePolicyArn(arn).name, PolicyArn: arn }));
}
