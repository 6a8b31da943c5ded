/** Where a function lives: nothing crosses from one place to another. */
export interface Place {
  /** 12 digits. */
  readonly accountId: string;
  readonly region: string;
}
