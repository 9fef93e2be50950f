/** Whatever knows the headers of a request: a `GoogleAuth` of google-auth-library, or one of its clients. */
export interface VertexAuth {
  getRequestHeaders(url?: string): Promise<unknown>;
}
