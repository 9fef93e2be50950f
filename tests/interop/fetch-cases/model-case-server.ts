import { serveModel } from '../../../packages/fetch/test/model-server.ts';
import type { CaseServer } from './measure-cases.ts';
import type { ModelCaseServer } from './model-cases.ts';

/** Starts a fixture server for one case. */
export async function serveModelCase(server: ModelCaseServer): Promise<CaseServer> {
  if ('address' in server) {
    return { url: server.address, requests: () => [], [Symbol.asyncDispose]: () => Promise.resolve() };
  }
  const model = await serveModel(server.replies);
  return { url: model.url, requests: () => model.requests, [Symbol.asyncDispose]: () => model[Symbol.asyncDispose]() };
}
