import type { BodyCounts } from '../body/body-reader.ts';
import type { HttpStreamErrorCode } from '../errors.ts';

/** Why a response cannot be read as an event stream. */
export interface Refusal {
  readonly code: HttpStreamErrorCode;
  readonly message: string;
}

/** What a status and its headers alone rule out; `undefined` when the body may be an event stream. Pure. */
export function refuseResponse(status: number, headers: Readonly<Record<string, string>>): Refusal | undefined {
  if (status < 200 || status > 299) return { code: 'bad-status', message: `the server answered ${status}` };
  const coding = headers['content-encoding'];
  if (coding !== undefined && !/^(?:identity|gzip|x-gzip|deflate|br)$/i.test(coding.trim())) {
    return { code: 'unsupported-encoding', message: `expected identity, gzip, deflate or br, got ${coding}` };
  }
  const contentType = headers['content-type'];
  if (status === 204 || !/^(?:text\/event-stream|application\/json)\s*(?:;|$)/i.test(contentType?.trim() ?? '')) {
    const got = `${status} ${contentType ?? 'without a content type'}`;
    return { code: 'not-event-stream', message: `expected an event stream, got ${got}` };
  }
  return undefined;
}

/** Why a body that has ended was no event stream, whatever its headers said; `undefined` when it was one. Pure. */
export function refuseBody(
  { bytes, events }: Readonly<Pick<BodyCounts, 'bytes' | 'events'>>,
  foreignText: string,
): Refusal | undefined {
  if (bytes === 0) return { code: 'empty-body', message: 'expected an event stream, got an empty body' };
  if (events > 0 || foreignText === '') return undefined;
  return { code: 'not-event-stream', message: 'expected an event stream, got text without an event' };
}
