import { type EventFormat, jsonArray } from '../wire/event-format.ts';
import { defineFault } from './define-fault.ts';

/** A gateway that drops the query: `alt=sse` never reached the API. */
export const arrayBody = defineFault({
  description: 'The body is a JSON array, whatever `alt` asked for.',
  defaults: {},
  format: (): EventFormat => jsonArray,
});
