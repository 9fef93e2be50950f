import type { DeliveryVerdict } from '@gemini/http-streaming';
import type { MeasuredExchange, MeasuredResponse } from '../src/measure/measure-event-stream.ts';
import { makeRun } from './make-run.ts';

type ExchangeFacts = Partial<MeasuredExchange & MeasuredResponse> &
  Pick<DeliveryVerdict, 'kind'> & { cause?: DeliveryVerdict['cause'] };

/** An exchange of ten events, one every 100 ms, delivered as told. */
export function makeExchange(facts: ExchangeFacts): MeasuredExchange {
  const { kind, cause, headers = {}, status = 200, bodyEnd = 'chunked', ...rest } = facts;
  const run = makeRun(
    Array.from({ length: 10 }, (_, index) => (kind === 'buffered' ? 1_000 : 100 * (index + 1))),
    { kind },
  );
  const verdict = cause === undefined ? run.verdict : { ...run.verdict, cause };
  return { ...run, verdict, response: { status, headers, bodyEnd, headersMs: 10, connection: undefined }, ...rest };
}
