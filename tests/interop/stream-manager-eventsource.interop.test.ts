import { EventSource } from 'eventsource';
import { expect, it } from 'vitest';
import { expectedData, followToTheEnd, serveCutExample } from './stream-manager-example.ts';

it('the eventsource package follows a stream through three cuts, and stays away after the end', async () => {
  await using example = await serveCutExample(3, 8);
  const path = await example.start(60);
  const { events, ends, opens } = await followToTheEnd(EventSource, `${example.url}${path}`);
  expect(events.map(([, data]) => data)).toEqual(expectedData(60));
  expect(events.map(([id]) => Number(id.split('-')[1]))).toEqual(events.map((_, index) => index));
  expect(ends).toEqual(['{"status":"completed","eventsCount":62}']);
  expect(opens).toBe(4);
  expect(example.answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 204]);
});
