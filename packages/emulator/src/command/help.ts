/** What `gemini-emulator --help` prints. */
export const help = `gemini-emulator – a local server that speaks the Gemini API

Usage
  gemini-emulator [options]
  gemini-emulator [options] -- COMMAND [ARGUMENT…]

Options
  --port NUMBER      the port to listen on; 0 takes a free one    (8787; 0 with a command)
  --host ADDRESS     the address to listen on                     (127.0.0.1)
                     one that is not loopback lets other machines in
  --scenario NAME    how answers go wrong
  --seed NUMBER      same seed, same answers                      (0)
  --pace PACE        human, full, or FIRST_MS,TOKENS_PER_SECOND[,JITTER[,BURST]]   (human)
  -h, --help         this text

Its one line on stdout says where it listens. SIGINT and SIGTERM stop it.
`;
