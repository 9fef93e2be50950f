import { createEmulator } from '@gemini/emulator';
import type { GeminiServer } from './gemini-cases.ts';
import type { CaseServer } from './measure-cases.ts';
import type { Pieces } from './sdk-case.ts';

/** Starts an emulator for one case. */
export async function serveGemini(server: GeminiServer): Promise<CaseServer> {
  const scenario =
    typeof server === 'object' && 'faults' in server
      ? { scenario: { name: 'case', description: 'One case.', steps: [server] } }
      : {};
  const emulator = await createEmulator(scenario);
  const url =
    typeof server === 'string'
      ? `${emulator.url}/__scenario/${server}`
      : 'listener' in server
        ? await emulator.urlOf(server.listener)
        : emulator.url;
  return {
    url,
    requests: () =>
      emulator.requests.map(({ path, receivedAt, closedAt }) => ({ path, atMs: receivedAt, closedAtMs: closedAt })),
    [Symbol.asyncDispose]: () => emulator.close(),
  };
}

/** Returns the texts of the answer that every case begins with. */
export async function geminiPieces(): Promise<Pieces> {
  await using emulator = await createEmulator();
  const response = await fetch(`${emulator.url}/v1beta/models/gemini-flash-latest:streamGenerateContent`, {
    method: 'POST',
    body: JSON.stringify({ contents: [{ role: 'user', parts: [{ text: 'hi' }] }] }),
  });
  interface Chunk {
    readonly candidates?: readonly { readonly content?: { readonly parts?: readonly { readonly text?: string }[] } }[];
  }
  const chunks = (await response.json()) as readonly Chunk[];
  return chunks.map(({ candidates }) => candidates?.[0]?.content?.parts?.map(({ text = '' }) => text).join('') ?? '');
}
