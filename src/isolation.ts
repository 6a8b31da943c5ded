/**
 * What a program that starts a server must know of isolation before it loads one: whether the server has to be started
 * inside a user namespace. Apart from server.ts, and past the sandbox room's door, because both load what takes longer
 * than the answer: the program that asks is replaced at once.
 */
export { planUserNamespace, userNamespaceCommand } from "./sandbox/rootless/plan.ts";
