import { readFileSync } from "node:fs";
import { reasonOf } from "../../failure.ts";
import type { Secret } from "../../schema/secret.ts";
import { failed, type Outcome, refused, type Sender, SENT } from "./sender.ts";

/** A letter. What is in it was made safe before. */
export interface Letter {
  readonly id: string;
  /** What a mail program keeps together. */
  readonly thread: string;
  readonly date: Date;
  readonly subject: string;
  readonly text: string;
}

/** A mail server, and who writes to whom through it. */
export interface MailRoute {
  readonly host: string;
  readonly port: number;
  readonly tls: "starttls" | "implicit" | "none";
  /** A file of certificates to trust besides those of the system. */
  readonly ca?: string | undefined;
  readonly login?: { readonly user: string; readonly password: Secret } | undefined;
  readonly from: string;
  readonly to: readonly string[];
  readonly deadline: number;
}

/** Sends mail by SMTP, a connection for each letter. */
export function mailSender(route: MailRoute): Sender<Letter> {
  const { host, port, tls, ca, login, from, to, deadline } = route;
  const domain = from.slice(from.lastIndexOf("@") + 1);
  const options = {
    host,
    port,
    secure: tls === "implicit",
    requireTLS: tls === "starttls",
    ignoreTLS: tls === "none",
    ...(ca === undefined ? {} : { tls: { ca: readFileSync(ca, "utf8") } }),
    ...(login === undefined ? {} : { auth: { user: login.user, pass: login.password.reveal() } }),
    connectionTimeout: deadline,
    greetingTimeout: deadline,
    socketTimeout: deadline,
    disableFileAccess: true,
    disableUrlAccess: true,
  };
  // Loaded where mail is sent.
  const opening = import("nodemailer").then(({ createTransport }) => createTransport(options));
  const write = async ({ id, thread, date, subject, text }: Letter): Promise<Outcome> => {
    const transport = await opening;
    const { rejected } = await transport.sendMail({
      from,
      to: [...to],
      subject,
      text,
      date,
      // Derived: a letter that comes twice is known as one.
      messageId: `<${id}@${domain}>`,
      // The first of a thread is what the others refer to.
      ...(thread === id ? {} : { references: `<${thread}@${domain}>` }),
      headers: { "Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All" },
    });
    return rejected.length === 0 ? SENT : refused(`it takes no mail for ${rejected.join(", ")}`);
  };
  const hidden = (reason: string): string =>
    login === undefined ? reason : reason.replaceAll(login.password.reveal(), "***");
  return {
    send: async (letter, signal) => {
      const gaveUp = new Promise<Outcome>((resolve) => {
        const end = () => resolve(failed("it was not taken in time"));
        signal.addEventListener("abort", end, { once: true });
        if (signal.aborted) end();
      });
      const written = write(letter).catch((error: unknown) => verdictOn(error, hidden(reasonOf(error))));
      return Promise.race([written, gaveUp]);
    },
    close: () => void opening.then((transport) => transport.close()),
  };
}

/** RFC 5321, 4.2.1: 5yz is for good, all else may pass. A login that is refused may be mended. */
function verdictOn(error: unknown, reason: string): Outcome {
  const code = error instanceof Error && "responseCode" in error ? Number(error.responseCode) : 0;
  const login = error instanceof Error && "code" in error && error.code === "EAUTH";
  return code >= 500 && !login ? refused(reason) : failed(reason);
}
