/** A part of the workspace whose lines are changed, with the tests that should notice. */
export interface Target {
  readonly name: string;
  readonly files: readonly string[];
  readonly project: string;
  /** Tests that run first, because they are quick and near; then all of the project. */
  readonly near: readonly string[];
}

const inFolder = (folder: string, names: readonly string[]): string[] => names.map((name) => `${folder}/${name}.ts`);

export const targets: readonly Target[] = [
  {
    name: 'ladder',
    project: 'client',
    files: inFolder('packages/client/src/answer', [
      'answer-content',
      'answer-source',
      'attempt-counter',
      'attempt-ledger',
      'continuation',
      'discard',
      'fallback',
      'first-content-limit',
      'lost-answer',
      'next-attempt',
      'outcome',
      'outcome-of-events',
      'send-attempt',
    ]),
    near: [
      'next-attempt',
      'lost-answer',
      'outcome.test',
      'continuation',
      'attempts',
      'fallback',
      'shared-streams',
      'keep-content',
    ],
  },
  {
    name: 'manager',
    project: 'stream-manager',
    files: inFolder('packages/stream-manager/src', [
      'backpressure',
      'callback-subscription',
      'capacity',
      'create-stream-manager',
      'cursor',
      'event-log',
      'fan-out',
      'linger',
      'retention',
      'stream',
      'stream-iterator',
      'stream-state',
      'tail-group',
    ]),
    near: [],
  },
  {
    name: 'log',
    project: 'stream-manager',
    files: inFolder('packages/stream-manager/src', ['follower', 'inbox', 'mirror', 'shared-streams', 'stream-codec']),
    near: [],
  },
];
