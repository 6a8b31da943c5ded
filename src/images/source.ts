/** Where an image's bytes come from: a repository of this server, a layout, an archive or another registry look the same here. */

export interface ManifestBytes {
  readonly bytes: Uint8Array;
  /** As its place calls it, where it does. */
  readonly mediaType: string | undefined;
  /** `sha256:…` of the bytes. */
  readonly digest: string;
}

export interface ImageBytes extends AsyncDisposable {
  /** The manifest or index that the reference names, or, with a digest, another of the same place. Throws ImageProblem. */
  manifest(digest?: string): Promise<ManifestBytes>;
  /** The bytes are not verified: whoever reads them does. Throws ImageProblem. */
  blob(digest: string): Promise<AsyncIterable<Uint8Array>>;
}
