/** Why a request is refused, for whoever looks at the deliveries of the forge. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly status: number;

  constructor(status: number, why: string) {
    super(why);
    this.status = status;
  }
}
