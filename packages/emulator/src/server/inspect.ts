import { scenarios } from '../scenarios/scenarios.ts';
import { GoogleError } from '../wire/google-error.ts';
import { jsonReply, type Reply } from '../wire/reply.ts';
import type { EmulatorContext } from './emulator-context.ts';

/**
 * Answers requests under `/__emulator`: lists the received requests, the stored interactions, and the scenarios with their URLs.
 * @throws GoogleError `NOT_FOUND` for an unknown path
 */
export async function inspect(
  method: string,
  resource: string,
  query: URLSearchParams,
  context: EmulatorContext,
): Promise<Reply> {
  const prefix = query.get('prefix') ?? undefined;
  const [collection, name] = resource.split('/');
  if (collection === 'requests' && name === undefined && method === 'GET')
    return pretty({ requests: context.log.list(prefix) });
  if (collection === 'requests' && name === undefined && method === 'DELETE') {
    context.log.clear(prefix);
    context.progress.clear(prefix);
    return pretty({});
  }
  if (collection === 'requests' && name !== undefined && method === 'GET') {
    const found = context.log.requests.find((request) => request.id === name);
    if (found !== undefined) return pretty(found);
  }
  if (collection === 'interactions' && name === undefined && method === 'GET')
    return pretty({ interactions: context.interactions.list().map((interaction) => interaction.describe(true)) });
  if (collection === 'scenarios' && method === 'GET') {
    if (name === undefined)
      return pretty({ scenarios: scenarios.map(({ name: own, description }) => ({ name: own, description })) });
    const found = scenarios.find((scenario) => scenario.name === name);
    if (found !== undefined) return pretty({ ...found, url: await context.urlOf(name) });
  }
  throw new GoogleError(
    'NOT_FOUND',
    'Unknown path. Expected /__emulator/requests, requests/ID, interactions, scenarios or scenarios/NAME.',
  );
}

function pretty(value: unknown): Reply {
  return jsonReply(200, `${JSON.stringify(value, undefined, 2)}\n`);
}
