/**
 * The arrows between rooms, as data. A room imports another only along these; every line says why. To add an arrow, add
 * it here with its reason, and to the picture in ARCHITECTURE.md. `base` is open to all.
 */
export interface Room {
  readonly name: string;
  /** Rooms whose code and types it may import. */
  readonly may: readonly string[];
  /** Rooms whose types alone it may import. */
  readonly mayTypes?: readonly string[];
  readonly why: string;
}

export const rooms: readonly Room[] = [
  { name: "base", may: [], why: "base is what everything rests on, so it rests on nothing" },
  { name: "wire", may: [], why: "the protocol layer serves any AWS service and knows none" },
  {
    name: "sigv4",
    may: [],
    why: "whether a signature holds follows from the request and a secret, whoever asks and whatever is signed",
  },
  { name: "store", may: [], why: "storage knows keys and bytes, never what they mean" },
  { name: "policy", may: [], why: "the policy language is pure: whoever asks brings policies and what is known" },
  {
    name: "sandbox",
    may: [],
    why: "isolation carries out a specification and decides nothing, so that it can be audited alone",
  },
  {
    name: "runtimes",
    may: [],
    mayTypes: ["sandbox"],
    why: "a runtime says what runs inside a sandbox; it knows no function and no caller",
  },
  {
    name: "environments",
    may: ["runtimes"],
    mayTypes: ["sandbox", "store"],
    why: "an environment does not know who asked, nor how its sandbox is made",
  },
  {
    name: "invoke",
    may: ["environments", "wire"],
    mayTypes: ["lambda", "store"],
    why: "the router knows what to run and how often, never where it runs or how the request came",
  },
  {
    name: "images",
    may: ["store"],
    mayTypes: ["environments"],
    why: "images are references, manifests and layers; who runs in them and who keeps repositories comes in as a port",
  },
  {
    name: "signed-code",
    may: [],
    why: "what a signature of a package is about is the same for who signs, who has it signed and who checks",
  },
  {
    name: "registry",
    may: ["images", "store"],
    mayTypes: ["wire"],
    why: "repositories hand images to whoever runs them, in the images room's terms; ECR and HTTP are doors of theirs",
  },
  {
    name: "lambda",
    may: ["images", "wire", "store", "event-pattern", "policy", "signed-code"],
    mayTypes: ["environments", "invoke"],
    why: "the control plane knows what is deployed, not how code runs",
  },
  {
    name: "authorization",
    may: ["wire", "sigv4", "policy"],
    why: "who sent a request and may they is decided from signatures and policies, wherever keys and policies are kept",
  },
  {
    name: "event-pattern",
    may: [],
    why: "patterns are read alike for mappings, rules and subscriptions, so their grammar knows none of them",
  },
  {
    name: "proxy-event",
    may: [],
    why: "requests as events and results as responses are pure mappings, for every way in that speaks HTTP",
  },
  {
    name: "function-urls",
    may: ["proxy-event", "invoke", "environments", "wire", "sigv4", "policy"],
    mayTypes: ["lambda"],
    why: "a function URL is a way in beside the API: it asks the router and words the answer as HTTP",
  },
  {
    name: "telemetry",
    may: [],
    mayTypes: ["wire", "environments"],
    why: "telemetry reaches services only as a client of their public API",
  },
  {
    name: "sources",
    may: ["wire", "store"],
    why: "a poller invokes functions through the public API, as any customer does",
  },
  {
    name: "services",
    may: ["services/kit", "registry", "wire", "store", "policy", "signed-code"],
    why: "services share their kit, and reach each other only as customers, through a ServiceClient",
  },
  {
    name: "cli",
    may: ["signed-code"],
    why: "the command line is a client of the public API; of the server it knows the composition root alone",
  },
];
