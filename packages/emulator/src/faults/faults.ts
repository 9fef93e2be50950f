import { afterEnd } from './after-end.ts';
import { arrayBody } from './array-body.ts';
import { badJson } from './bad-json.ts';
import { bareLastChunk } from './bare-last-chunk.ts';
import { blockedPrompt } from './blocked-prompt.ts';
import { brokenChunk } from './broken-chunk.ts';
import { buffered } from './buffered.ts';
import { byteBuffer } from './byte-buffer.ts';
import { byteOrderMark } from './byte-order-mark.ts';
import { checkpoints } from './checkpoints.ts';
import { closeDelimited } from './close-delimited.ts';
import { contentLength } from './content-length.ts';
import { continuation } from './continuation.ts';
import { cut } from './cut.ts';
import { emptyBody } from './empty-body.ts';
import { errorEvent } from './error-event.ts';
import { errorStatus } from './error-status.ts';
import { eventLines } from './event-lines.ts';
import { finishReason } from './finish-reason.ts';
import { flood } from './flood.ts';
import { gzip } from './gzip.ts';
import { htmlPage } from './html-page.ts';
import { keepAlive } from './keep-alive.ts';
import { largePart } from './large-part.ts';
import { lineEnds } from './line-ends.ts';
import { manyPieces } from './many-pieces.ts';
import { moreCandidates } from './more-candidates.ts';
import { pause } from './pause.ts';
import { prettyData } from './pretty-data.ts';
import { randomSplits } from './random-splits.ts';
import { redirect } from './redirect.ts';
import { sentinel } from './sentinel.ts';
import { setHeader } from './set-header.ts';
import { signedEmptyText } from './signed-empty-text.ts';
import { silence } from './silence.ts';
import { splitInside } from './split-inside.ts';
import { splitWrites } from './split-writes.ts';
import { tightData } from './tight-data.ts';
import { unterminated } from './unterminated.ts';

/** Every fault by its name. A new one is a file of its own and a row here. */
export const faults = {
  'after-end': afterEnd,
  'array-body': arrayBody,
  'bad-json': badJson,
  'bare-last-chunk': bareLastChunk,
  'blocked-prompt': blockedPrompt,
  'broken-chunk': brokenChunk,
  buffered,
  'byte-buffer': byteBuffer,
  'byte-order-mark': byteOrderMark,
  checkpoints,
  'close-delimited': closeDelimited,
  'content-length': contentLength,
  continuation,
  cut,
  'empty-body': emptyBody,
  'error-event': errorEvent,
  'error-status': errorStatus,
  'event-lines': eventLines,
  'finish-reason': finishReason,
  flood,
  gzip,
  'html-page': htmlPage,
  'keep-alive': keepAlive,
  'large-part': largePart,
  'line-ends': lineEnds,
  'many-pieces': manyPieces,
  'more-candidates': moreCandidates,
  pause,
  'pretty-data': prettyData,
  'random-splits': randomSplits,
  redirect,
  sentinel,
  'set-header': setHeader,
  'signed-empty-text': signedEmptyText,
  silence,
  'split-inside': splitInside,
  'split-writes': splitWrites,
  'tight-data': tightData,
  unterminated,
} as const;
