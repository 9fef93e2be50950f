/** What `--help` prints, for the name that the command goes by. */
export const helpText = (program: string): string => `${program} – a local server that speaks the Gemini API

Usage
  ${program} [options]
  ${program} [options] -- COMMAND [ARGUMENT…]     run a command against it; its exit code is the command's

Options
  --port NUMBER       the port to listen on; 0 takes a free one     (8787; 0 with a command)
  --host ADDRESS      the address to listen on                      (127.0.0.1)
                      one that is not loopback lets other machines in
  --seed NUMBER       same seed, same answers                       (0)
  --pace PACE         human, full or 0, or FIRST_MS,TOKENS_PER_SECOND[,JITTER[,BURST]]    (human)
  --scenario NAME     how answers go wrong: a name, or a JSON file
  --scenarios         list the names
  --script FILE       replies from a JSON file, by match on model, text or turn
  --strict            refuse what no reply of the script matches
  --recording FILE    answer every call with the bytes of this file
  --chunk SIZE        its writes: whole, event, or a number of bytes    (event)
  --record FILE       pass calls on to --target and write a cassette
  --target URL        what is recorded    (https://generativelanguage.googleapis.com)
  --replay FILE       answer from a cassette
  --speed NUMBER      1 as it was, 2 twice as fast, 0 without waiting   (1)
  --api-key KEY       the only key that is let in                       (any but bad-key)
  -h, --help          this text

Its one line on stdout says where it listens; with a command, on stderr. SIGINT and SIGTERM stop it.
What it has seen: GET /__emulator/requests. One scenario by base URL: http://127.0.0.1:PORT/__scenario/NAME
`;
