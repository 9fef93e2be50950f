/** What `--help` prints. */
export const helpText = `gemini-stream: watch a Gemini answer appear as it is generated

  gemini-stream "prompt"            stream the answer to standard output
  gemini-stream < prompt.txt        the prompt from standard input (or: gemini-stream -)
  gemini-stream demo ["prompt"]     each chunk with its time, then whether it was live, then how buffering looks
  gemini-stream demo --recording F  the same with a recorded stream: a file of server-sent events

  -m, --model NAME     the model (GEMINI_MODEL; gemini-flash-latest)
      --base-url URL   another server (GEMINI_BASE_URL)
      --json           one JSON object a line; the last one has "type":"end"
      --no-emulator    fail where there is no API key, instead of starting the local emulator
  -h, --help
      --version

The key is GOOGLE_API_KEY or GEMINI_API_KEY. Without one, answers come from a local emulator, and a line on standard
error says so.

Exit codes: 0 complete, 1 the API or the stream failed, 2 usage, 3 network or time-out, 4 blocked, 5 cut off,
130 interrupted.
`;
