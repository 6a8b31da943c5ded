/** What is stored is read-only; what the client package's types take is not. A copy of the one has the type of the other. */
export type Thawed<T> = T extends string | number | boolean
  ? T
  : T extends readonly (infer E)[]
    ? Thawed<E>[]
    : { -readonly [K in keyof T]: Thawed<T[K]> };
