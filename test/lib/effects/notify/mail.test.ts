import { expect, onTestFinished, test } from "vitest";
import { type MailRoute, mailSender } from "../../../../lib/effects/notify/mail.ts";
import { Secret } from "../../../../lib/schema/secret.ts";
import { selfSigned } from "../../../support/certificate.ts";
import { freePort } from "../../../support/free-port.ts";
import { describeNeeding } from "../../../support/needing.ts";
import { smtpServer } from "../../../support/smtp-server.ts";

const signal = new AbortController().signal;
const letter = {
  id: "abc",
  thread: "chain",
  date: new Date("2026-11-21T10:15:02Z"),
  subject: "[skein] build of shop failed",
  text: "build of shop failed\n.\nGrüße\n",
};

function sender(port: number, more: Partial<MailRoute> = {}) {
  const opened = mailSender({
    host: "127.0.0.1",
    port,
    tls: "none",
    from: "skein@example.com",
    to: ["ops@example.com", "dev@example.com"],
    deadline: 5_000,
    ...more,
  });
  onTestFinished(() => opened.close());
  return opened;
}

describeNeeding({ aiosmtpd: "python3-aiosmtpd" }, "with a real mail server", () => {
  test("a letter comes with its ids, its thread, and a mark that a machine wrote it", async () => {
    const server = await smtpServer();
    expect(await sender(server.port).send(letter, signal)).toEqual({ kind: "sent" });
    const [taken] = await server.took(1);
    expect(taken?.to).toEqual(["ops@example.com", "dev@example.com"]);
    for (const line of [
      "From: skein@example.com",
      "Message-ID: <abc@example.com>",
      "References: <chain@example.com>",
      "Subject: [skein] build of shop failed",
      "Auto-Submitted: auto-generated",
      "Date: Sat, 21 Nov 2026 10:15:02 +0000",
    ])
      expect(taken?.data.split(/\r?\n/)).toContain(line);
  });

  test("no line end in a subject makes a header", async () => {
    const server = await smtpServer();
    await sender(server.port).send({ ...letter, subject: "x\r\nBcc: eve@example.org\r\n\r\nbody" }, signal);
    const [taken] = await server.took(1);
    expect(taken?.to).not.toContain("eve@example.org");
    expect(taken?.data).not.toMatch(/^Bcc:/im);
  });

  test("STARTTLS and the login are insisted on", async () => {
    const certificate = await selfSigned();
    const server = await smtpServer({ certificate, login: true });
    const login = { user: "skein", password: new Secret("s3cret") };
    const safe = { tls: "starttls", ca: server.ca, login } as const;
    expect(await sender(server.port, safe).send(letter, signal)).toEqual({ kind: "sent" });
    expect((await server.took(1))[0]).toMatchObject({ tls: true, login: true });

    // Whoever is not trusted gets neither letter nor password.
    const { ca: _, ...untrusting } = safe;
    expect(await sender(server.port, untrusting).send(letter, signal)).toMatchObject({ kind: "failed" });
    const wrong = { ...safe, login: { user: "skein", password: new Secret("wrong-word") } };
    const refused = await sender(server.port, wrong).send(letter, signal);
    expect(refused).toMatchObject({ kind: "failed" });
    expect(JSON.stringify(refused)).not.toContain("wrong-word");
    const plain = await smtpServer();
    expect(await sender(plain.port, safe).send(letter, signal)).toMatchObject({ kind: "failed" });
    expect([...server.letters(), ...plain.letters()]).toHaveLength(1);
  });

  test("an address that is not there is refused for good; what may pass is tried again", async () => {
    const server = await smtpServer();
    expect(await sender(server.port, { to: ["nobody@example.com"] }).send(letter, signal)).toMatchObject({
      kind: "refused",
    });
    expect(await sender(server.port, { to: ["later@example.com"] }).send(letter, signal)).toMatchObject({
      kind: "failed",
    });
    expect(
      await sender(server.port, { to: ["ops@example.com", "nobody@example.com"] }).send(letter, signal),
    ).toEqual({
      kind: "refused",
      reason: "it takes no mail for nobody@example.com",
    });
  });
});

test("a server that is not there fails, and may be back", async () => {
  expect(await sender(await freePort()).send(letter, signal)).toMatchObject({ kind: "failed" });
});
