/** The bytes of base64 in its only canonical form (RFC 4648 section 3.5); nothing for any other text. */
export function fromBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, "base64");
  return bytes.toString("base64") === text ? bytes : undefined;
}
