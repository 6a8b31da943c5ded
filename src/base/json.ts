/** A value that JSON can hold exactly. Records and frames carry nothing else. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue };
