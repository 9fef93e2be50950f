/** An answer to one prompt. */
export interface PreparedAnswer {
  /** The prompt in lower case, without the punctuation at its end. */
  readonly prompt: string;
  /** A text that the user must have sent before, in lower case. @defaultValue none */
  readonly after?: string | undefined;
  readonly text: string;
  /** Code that computes the answer, and its output, for a request with code execution. */
  readonly code?: { readonly source: string; readonly output: string } | undefined;
}

const greeting =
  'Hello! I am an emulator: I answer the way Gemini does on the wire, but there is no model behind my words. Ask me anything, and watch the answer arrive piece by piece.';
const tides =
  'Tides follow the moon because its gravity pulls on the near side of the Earth more than on the far side. The water on both sides rises into two bulges, and the Earth turns through them once a day. So most coasts see two high tides and two low tides in about 25 hours, the time in which the moon comes round again. The sun does the same with less than half the force: at new and full moon both pull along one line, and the spring tides are high.';
const sky =
  'The sky is blue because air scatters short waves of light more than long ones. Sunlight holds all colours; on its way through the air the blue part is sent in every direction, so it reaches your eye from everywhere. In the evening the light crosses much more air, most of the blue is gone before it arrives, and what is left is red.';

/** Answers to the prompts of the documentation. The first matching row answers; other prompts get prose. */
export const preparedAnswers: readonly PreparedAnswer[] = [
  { prompt: 'hello', text: greeting },
  { prompt: 'hi', text: greeting },
  { prompt: 'hello, my name is ada', text: 'Nice to meet you, Ada. What would you like to talk about?' },
  { prompt: 'my name is ada', text: 'Nice to meet you, Ada. What would you like to talk about?' },
  { prompt: 'what is my name', after: 'my name is ada', text: 'Your name is Ada. You told me a moment ago.' },
  { prompt: 'what is my name', text: 'You have not told me your name yet.' },
  { prompt: 'why do tides follow the moon', text: tides },
  { prompt: 'what is a tide', text: 'A tide is the rise and fall of the sea that the moon and the sun cause.' },
  { prompt: 'why is the sky blue', text: sky },
  {
    prompt: 'what is the weather in lisbon',
    text: 'It is sunny in Lisbon today, with 24 °C and a light wind from the sea. The evening stays clear.',
  },
  { prompt: 'how is the weather', text: 'It is sunny, with 24 °C and a light wind.' },
  { prompt: 'what is in this picture', text: 'The picture shows diagonal stripes in four colours.' },
  {
    prompt: 'what is 3 times 4',
    text: '3 times 4 = 12.',
    code: { source: 'print(3 * 4)', output: '12\n' },
  },
  {
    prompt: 'what is 6 * 7',
    text: '6 * 7 = 42.',
    code: { source: 'print(6 * 7)', output: '42\n' },
  },
];
