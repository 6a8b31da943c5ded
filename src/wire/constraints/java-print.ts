/** Values as Java's toString shows them, which is what AWS's validation messages contain. */
import { isStruct, type Shape } from "../schema/shape.ts";

/** `isFloating` tells numbers that print with a fraction even when they are whole. */
export function javaPrint(shape: Shape, value: unknown, isFloating = false): string {
  if (value === null || value === undefined) return "null";
  if (value instanceof Uint8Array) return `java.nio.HeapByteBuffer[pos=0 lim=${value.length} cap=${value.length}]`;
  if (value instanceof Date) return printDate(value);
  if (typeof value === "number") return isFloating && Number.isInteger(value) ? `${value}.0` : String(value);
  if (Array.isArray(value)) {
    const items: readonly unknown[] = value;
    const element = shape.kind === "list" ? shape.element : shape;
    return `[${items.map((item) => javaPrint(element, item, isFloating)).join(", ")}]`;
  }
  if (typeof value !== "object") return String(value);
  if (isStruct(shape)) {
    const fields = shape.members.map((member) => {
      const item: unknown = Reflect.get(value, member.name);
      return `${lowerFirst(member.name)}=${javaPrint(member.shape, item)}`;
    });
    return `${shape.name}(${fields.join(", ")})`;
  }
  const inner = shape.kind === "map" ? shape.value : shape;
  return `{${Object.entries(value)
    .map(([key, item]) => `${key}=${javaPrint(inner, item, isFloating)}`)
    .join(", ")}}`;
}

/** `Thu Jan 01 00:00:00 UTC 1970` */
function printDate(date: Date): string {
  const [, day = "", dayOfMonth = "", month = "", year = "", time = ""] =
    /^(\w+), (\d+) (\w+) (\d+) ([\d:]+)/.exec(date.toUTCString()) ?? [];
  return `${day} ${month} ${dayOfMonth} ${time} UTC ${year}`;
}

/** Members are Java bean properties in messages: `FunctionName` is `functionName`. */
export function lowerFirst(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}
