import { oneStep, type Scenario, type ScenarioStep } from './scenario.ts';

const fine: ScenarioStep = { faults: [] };

/** Unusual but valid chunks. Some clients lose content that they do not expect. */
export const contentScenarios: readonly Scenario[] = [
  oneStep('blocked-prompt', 'The prompt is blocked: the response has feedback but no candidates.', {
    type: 'blocked-prompt',
  }),
  oneStep('blocked-prompt-with-message', 'The prompt is blocked with a message.', {
    type: 'blocked-prompt',
    reason: 'PROHIBITED_CONTENT',
    message: 'Reasons.',
  }),
  oneStep('two-candidates', 'The chunks of two candidates take turns.', { type: 'more-candidates' }),
  {
    name: 'continuation',
    description: 'The answer stops after three chunks with CONTINUATION and a token; the next request resumes it.',
    steps: [{ faults: [{ type: 'continuation' }] }, fine],
  },
  {
    name: 'continuation-chain',
    description: 'Each request gets three chunks and a token, until the answer is complete.',
    steps: [{ faults: [{ type: 'continuation' }] }],
  },
  {
    name: 'checkpoint-then-reset',
    description: 'The connection is reset right after a chunk with a continuation token; the next request resumes.',
    steps: [
      {
        faults: [
          { type: 'checkpoints', everyPieces: 2 },
          { type: 'cut', how: 'reset', afterEvents: 4 },
        ],
      },
      fine,
    ],
  },
  {
    name: 'checkpoint-then-text-then-reset',
    description:
      'The connection is reset one chunk after the token, so a resumed answer repeats the text of that chunk.',
    steps: [
      {
        faults: [
          { type: 'checkpoints', everyPieces: 2 },
          { type: 'cut', how: 'reset', afterEvents: 5 },
        ],
      },
      fine,
    ],
  },
  {
    name: 'checkpoint-then-close',
    description: 'The body ends right after a continuation token, without a finish reason; the next request resumes.',
    steps: [
      {
        faults: [
          { type: 'checkpoints', everyPieces: 2 },
          { type: 'cut', how: 'end', afterEvents: 4 },
        ],
      },
      fine,
    ],
  },
  {
    name: 'reset-then-fine',
    description: 'The connection is reset after three events; the next request gets the whole answer.',
    steps: [{ faults: [{ type: 'cut', how: 'reset' }] }, fine],
  },
  {
    name: 'error-event-then-fine',
    description: 'The first event is an error; the next request gets the answer.',
    steps: [{ faults: [{ type: 'error-event', afterEvents: 0 }] }, fine],
  },
  oneStep('usage-only-chunk', 'The last chunk has usage and no candidates.', {
    type: 'bare-last-chunk',
    content: 'usage',
  }),
  oneStep('last-chunk-without-content', 'The last chunk has a finish reason and no content.', {
    type: 'bare-last-chunk',
    content: 'none',
  }),
  oneStep('last-chunk-empty-content', 'The last chunk has a finish reason and empty content.', {
    type: 'bare-last-chunk',
    content: 'empty',
  }),
  oneStep('signature-on-empty-text', 'The last part is an empty text with a thought signature.', {
    type: 'signed-empty-text',
  }),
  oneStep('finish-on-every-chunk', 'Every chunk has the finish reason STOP.', { type: 'finish-reason', on: 'every' }),
  oneStep('finish-early', 'The second chunk has the finish reason STOP, and the text continues.', {
    type: 'finish-reason',
    on: 'early',
  }),
  oneStep('finish-never', 'The text is complete, but no chunk has a finish reason.', {
    type: 'finish-reason',
    on: 'never',
  }),
  oneStep('finish-safety', 'The finish reason is SAFETY.', { type: 'finish-reason', reason: 'SAFETY' }),
  oneStep('finish-recitation', 'The finish reason is RECITATION.', { type: 'finish-reason', reason: 'RECITATION' }),
  oneStep('finish-max-tokens', 'The finish reason is MAX_TOKENS.', { type: 'finish-reason', reason: 'MAX_TOKENS' }),
  oneStep('finish-malformed-call', 'The finish reason is MALFORMED_FUNCTION_CALL, with a message.', {
    type: 'finish-reason',
    reason: 'MALFORMED_FUNCTION_CALL',
    message: 'Malformed function call.',
  }),
];
