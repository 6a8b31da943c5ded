/**
 * What a program that starts a server must know of isolation before it loads one: whether the server has to be started
 * inside a user namespace. Apart from server.ts, because that loads every room.
 */
export { planUserNamespace, userNamespaceCommand } from "./sandbox/index.ts";
