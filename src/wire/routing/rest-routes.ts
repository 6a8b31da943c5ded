/**
 * The route table of a service with REST bindings, compiled once: method and path to operation and labels. Where
 * several operations share method and path (S3 has eleven for `PUT /{Bucket}/{Key+}`), the most specific one wins: literal
 * query parameters first, then the required query and header members that the request has. `x-id` is sent by some clients
 * only, so it decides when present and is not missed when absent.
 */
import type { IncomingHttpHeaders } from "node:http";
import { percentDecode } from "../codec/percent.ts";
import type { OperationModel } from "../schema/service-model.ts";
import { isStruct } from "../schema/shape.ts";

export interface RouteMatch {
  readonly operation: OperationModel;
  readonly labels: Readonly<Record<string, string>>;
}

type Segment = { readonly literal: string } | { readonly label: string; readonly greedy: boolean };

interface Route {
  readonly operation: OperationModel;
  readonly segments: readonly Segment[];
  readonly literalCount: number;
  readonly staticQuery: readonly (readonly [name: string, value: string])[];
  readonly xId: string | undefined;
  readonly requiredQuery: readonly string[];
  readonly requiredHeaders: readonly string[];
}

const X_ID = "x-id";

export class RestRoutes {
  readonly #byMethodAndHead = new Map<string, Route[]>();
  readonly #wild = new Map<string, Route[]>();

  constructor(operations: Iterable<OperationModel>) {
    for (const operation of operations) {
      const { http } = operation.traits;
      if (http) this.#add(http[0], compileRoute(operation, http[1]));
    }
  }

  #add(method: string, route: Route): void {
    const head = route.segments[0];
    if (head && "literal" in head) push(this.#byMethodAndHead, `${method} ${head.literal}`, route);
    else push(this.#wild, method, route);
  }

  /** `segments` are the parts of the path as sent, still encoded. @throws ServiceError for bad escapes */
  match(
    method: string,
    segments: readonly string[],
    query: ReadonlyMap<string, readonly string[]>,
    headers: IncomingHttpHeaders,
  ): RouteMatch | undefined {
    const candidates = this.#byMethodAndHead.get(`${method} ${segments[0] ?? ""}`);
    const found = best(candidates, segments, query, headers) ?? best(this.#wild.get(method), segments, query, headers);
    return found && { operation: found.operation, labels: readLabels(found, segments) };
  }
}

function push(map: Map<string, Route[]>, key: string, route: Route): void {
  const routes = map.get(key);
  if (routes) routes.push(route);
  else map.set(key, [route]);
}

function compileRoute(operation: OperationModel, uri: string): Route {
  const [path = "", queryText = ""] = uri.split("?");
  const segments = splitPath(path).map(compileSegment);
  const parameters = queryText === "" ? [] : queryText.split("&").map((part) => part.split("="));
  const staticQuery = parameters.map(([name = "", value = ""]) => [name, value] as const);
  const members = isStruct(operation.input) ? operation.input.members : [];
  const inPath = new Set(segments.flatMap((segment) => ("label" in segment ? [segment.label] : [])));
  // S3's bucket is a label that the URI does not show: it is the first segment, or was put there from the host.
  const hidden = members.filter((member) => member.traits.httpLabel && !inPath.has(member.name));
  const prefix = hidden.map((member): Segment => ({ label: member.name, greedy: false }));
  const required = members.filter((member) => member.required);
  return {
    operation,
    segments: [...prefix, ...segments],
    literalCount: segments.filter((segment) => "literal" in segment).length,
    staticQuery: staticQuery.filter(([name]) => name !== X_ID),
    xId: staticQuery.find(([name]) => name === X_ID)?.[1],
    requiredQuery: required.flatMap((member) => member.traits.httpQuery ?? []),
    requiredHeaders: required.flatMap((member) => member.traits.httpHeader?.toLowerCase() ?? []),
  };
}

function compileSegment(text: string): Segment {
  const label = /^\{([^}+]+)(\+?)\}$/.exec(text);
  return label ? { label: label[1] ?? "", greedy: label[2] === "+" } : { literal: text };
}

/** Segments of a path without its leading slash and, where one is left over, its trailing slash. */
export function splitPath(path: string): string[] {
  const trimmed = path.startsWith("/") ? path.slice(1) : path;
  return trimmed === "" ? [] : trimmed.split("/");
}

function best(
  routes: readonly Route[] | undefined,
  segments: readonly string[],
  query: ReadonlyMap<string, readonly string[]>,
  headers: IncomingHttpHeaders,
): Route | undefined {
  let winner: Route | undefined;
  let winnerRank: number | undefined;
  for (const route of routes ?? []) {
    if (!matchesPath(route, segments) || !matchesStaticQuery(route, query)) continue;
    if (winner === undefined) {
      winner = route;
      continue;
    }
    winnerRank ??= rankOf(winner, query, headers);
    const rank = rankOf(route, query, headers);
    if (rank > winnerRank) {
      winner = route;
      winnerRank = rank;
    }
  }
  return winner;
}

function matchesPath(route: Route, segments: readonly string[]): boolean {
  const wanted = route.segments;
  for (let index = 0; index < wanted.length; index++) {
    const segment = wanted[index];
    const actual = segments[index];
    if (segment === undefined || actual === undefined) return false;
    if ("literal" in segment) {
      if (segment.literal !== actual) return false;
    } else if (segment.greedy) {
      return matchesTail(wanted.slice(index + 1), segments, index);
    } else if (actual === "") {
      return false;
    }
  }
  return segments.length === wanted.length || (segments.length === wanted.length + 1 && segments.at(-1) === "");
}

/** After a greedy label at `from`: it takes at least one character, the rest has to match at the end. */
function matchesTail(tail: readonly Segment[], segments: readonly string[], from: number): boolean {
  const tailStart = segments.length - tail.length;
  if (tailStart <= from || segments.slice(from, tailStart).join("/") === "") return false;
  return tail.every((segment, index) => {
    const actual = segments[tailStart + index];
    return "literal" in segment ? segment.literal === actual : actual !== "";
  });
}

function matchesStaticQuery(route: Route, query: ReadonlyMap<string, readonly string[]>): boolean {
  const given = query.get(X_ID)?.[0];
  if (given !== undefined && route.xId !== undefined && route.xId !== given) return false;
  return route.staticQuery.every(([name, value]) => {
    const values = query.get(name);
    return values !== undefined && (value === "" || values.includes(value));
  });
}

function rankOf(route: Route, query: ReadonlyMap<string, readonly string[]>, headers: IncomingHttpHeaders): number {
  const present = [
    ...route.requiredQuery.map((name) => query.has(name)),
    ...route.requiredHeaders.map((name) => headers[name] !== undefined),
  ];
  const satisfied = present.filter(Boolean).length;
  const missing = present.length - satisfied;
  const namedById = route.xId !== undefined && query.get(X_ID)?.[0] === route.xId ? 1 : 0;
  return (
    route.literalCount * 10_000 + route.staticQuery.length * 1_000 + namedById * 500 + satisfied * 10 - missing * 100
  );
}

function readLabels(route: Route, segments: readonly string[]): Record<string, string> {
  const labels: Record<string, string> = {};
  const { length } = route.segments;
  route.segments.forEach((segment, index) => {
    if (!("label" in segment)) return;
    labels[segment.label] = segment.greedy
      ? segments
          .slice(index, segments.length - (length - index - 1))
          .map(percentDecode)
          .join("/")
      : percentDecode(segments[index] ?? "");
  });
  return labels;
}
