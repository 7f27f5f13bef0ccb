/** The words of a command line make no sense. */
export class UsageError extends Error {
  readonly command: string | undefined;

  constructor(message: string, command: string | undefined) {
    super(message);
    this.command = command?.split(" ", 1)[0];
  }
}
