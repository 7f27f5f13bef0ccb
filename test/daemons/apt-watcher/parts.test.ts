import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Attention } from "../../../daemons/apt-watcher/attention.ts";
import { isVisible, readPolicies, upgradableOf } from "../../../daemons/apt-watcher/policy.ts";
import { isWithin, window } from "../../../daemons/apt-watcher/window.ts";
import { troubleOf } from "../../../lib/effects/apt.ts";
import { parseData } from "../../../lib/messages/envelope.ts";

const POLICY = `kit-hello:
  Installed: 1.1
  Candidate: 1.1
  Version table:
     2.0 -1
        500 file:/srv/repo bookworm/main amd64 Packages
     1.10 500 (phased 20%)
        500 file:/srv/repo bookworm/main amd64 Packages
 *** 1.1 100
        100 /var/lib/dpkg/status
kit-none:
  Installed: (none)
  Candidate: (none)
  Version table:
libkit:i386:
  Installed: 1:2.0-1
  Candidate: 1:2.1-1
  Version table:
     1:2.1-1 990
        990 http://deb.example.com trixie/main i386 Packages
`;

describe("what apt-cache policy prints", () => {
  const policies = readPolicies(POLICY);
  const installed = (version: string, held = false) => ({ version, held });

  test("is read: candidate, and every version with its priority", () => {
    expect([...(policies.get("kit-hello")?.versions ?? [])]).toEqual([
      ["2.0", -1],
      ["1.10", 500],
      ["1.1", 100],
    ]);
    expect(policies.get("kit-none")?.candidate).toBeUndefined();
    expect(policies.get("libkit")?.candidate).toBe("1:2.1-1");
  });

  test("a newer version that apt does not prefer is pinned; a candidate that is older is none", () => {
    const policy = policies.get("kit-hello");
    if (policy === undefined) throw new Error("not read");
    expect(upgradableOf("kit-hello", installed("1.1"), policy)).toMatchObject({
      candidate: "2.0",
      reason: "pinned: apt prefers 1.1, for 2.0 has priority -1",
    });
    expect(upgradableOf("kit-hello", installed("3.0"), policy)).toBeUndefined();
    expect(upgradableOf("kit-hello", installed("1.1", true), policy)).toMatchObject({ reason: "held" });
  });

  test("a version is visible where it, or a newer one, is in the table", () => {
    const policy = { candidate: "1.1", versions: new Map([["1.1", 500]]) };
    expect(["1.0", "1.1", "1.2", undefined].map((each) => isVisible(policy, each))).toEqual([
      true,
      true,
      false,
      true,
    ]);
  });

  test("whatever else it prints, reading it ends, and gives only names of packages", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.string(), fc.constantFrom(...POLICY.split("\n")))), (lines) => {
        for (const name of readPolicies(lines.join("\n")).keys())
          expect(name).toMatch(/^[a-z0-9][a-z0-9+.-]+$/);
      }),
    );
  });
});

test.each([
  ["E: Could not get lock /var/lib/apt/lists/lock. It is held by process 7 (apt-get)", "APT_LOCKED", true],
  ["E: Unable to acquire the dpkg frontend lock (/var/lib/dpkg/lock-frontend)", "APT_LOCKED", true],
  [
    "E: Could not open lock file /var/lib/apt/lists/lock - open (13: Permission denied)",
    "APT_FORBIDDEN",
    false,
  ],
  ["sudo: a password is required", "APT_FORBIDDEN", false],
  [
    "W: GPG error: x\nE: Failed to fetch x  The following signatures were invalid: BADSIG A",
    "ARCHIVE_SIGNATURE",
    false,
  ],
  ["E: The repository 'x InRelease' is not signed.", "ARCHIVE_SIGNATURE", false],
  ["E: Release file for x is expired (invalid since 3d).", "ARCHIVE_EXPIRED", false],
  ["E: Failed to fetch http://x  Could not connect to x", "ARCHIVE_UNREACHABLE", true],
  ["E: Failed to fetch http://x  Hash Sum mismatch", "ARCHIVE_UNREACHABLE", true],
  ["E: Unmet dependencies", "APT_FAILED", false],
  ["", "APT_FAILED", false],
])("apt's %j is %s", (said, code, transient) => {
  expect(troubleOf("do it", said, 100)).toMatchObject({ code, transient });
});

test.each([
  ["02:00-04:30", "02:00", true],
  ["02:00-04:30", "04:29", true],
  ["02:00-04:30", "04:30", false],
  ["22:00-04:00", "23:59", true],
  ["22:00-04:00", "00:00", true],
  ["22:00-04:00", "12:00", false],
])("of the window %s, %s is within: %s", (text, time, within) => {
  expect(isWithin(window.parse(text), new Date(`2026-11-25T${time}:00`))).toBe(within);
});

describe("what is waited for", () => {
  const announced = (name: string, version: string) =>
    parseData("package.published", { package: name, version, action: "added", at: "2026-11-25T00:00:00Z" });

  test("a second announcement neither puts off the look nor adds one; of one package the last counts", () => {
    const attention = new Attention({ debounce: 100, spacing: 1_000 });
    attention.expect("lab", announced("kit-a", "1"), 10_000);
    attention.expect("lab", announced("kit-a", "2"), 10_099);
    expect(attention.take(10_099)).toEqual([]);
    expect(attention.take(10_100)).toMatchObject([["lab", [{ package: "kit-a", version: "2", looks: 0 }]]]);
    expect(attention.take(99_000)).toEqual([]);
  });

  test("two looks at one source are so far apart, whoever announces how much", () => {
    const attention = new Attention({ debounce: 100, spacing: 1_000 });
    let looks = 0;
    for (let now = 0; now < 10_000; now += 10) {
      attention.expect("lab", announced("kit-a", String(now)), now);
      looks += attention.take(now).length;
    }
    expect(looks).toBeLessThanOrEqual(10);
  });

  test("what is looked for again gives way to what was announced meanwhile", () => {
    const attention = new Attention({ debounce: 100, spacing: 0 });
    attention.expect("lab", announced("kit-a", "1"), 0);
    const [[source, expected] = ["", []]] = attention.take(100);
    attention.expect("lab", announced("kit-a", "2"), 100);
    attention.again(source, expected, 50, 100);
    expect(attention.take(150)).toMatchObject([["lab", [{ version: "2", looks: 0 }]]]);
  });

  test("a flood of names is bounded", () => {
    const attention = new Attention({ debounce: 0, spacing: 0 });
    for (let count = 0; count < 5_000; count += 1) attention.expect("lab", announced(`kit-${count}`, "1"), 0);
    expect(attention.take(0)[0]?.[1]).toHaveLength(1_000);
  });
});
