import { expect, test } from "vitest";
import { merged } from "../../../lib/pace/merged.ts";

async function* counting(name: string, most: number, done: string[] = []): AsyncGenerator<string> {
  try {
    for (let count = 1; count <= most; count += 1) {
      await Promise.resolve();
      yield `${name}${count}`;
    }
  } finally {
    done.push(name);
  }
}

async function all(generator: AsyncGenerator<string>): Promise<string[]> {
  const found: string[] = [];
  for await (const each of generator) found.push(each);
  return found;
}

test("everything comes, and in order for each source", async () => {
  const found = await all(merged([counting("a", 3), counting("b", 1), counting("c", 0)]));
  expect(found.filter((each) => each.startsWith("a"))).toEqual(["a1", "a2", "a3"]);
  expect(found).toHaveLength(4);
  expect(await all(merged([]))).toEqual([]);
});

test("one that waits holds up no other", async () => {
  let release: () => void = () => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  async function* waiting(): AsyncGenerator<string> {
    await released;
    yield "late";
  }
  const both = merged([waiting(), counting("a", 2)]);
  expect([(await both.next()).value, (await both.next()).value]).toEqual(["a1", "a2"]);
  release();
  expect(await all(both)).toEqual(["late"]);
});

test("a source goes on only once what it gave was taken; where nobody takes more, all end before the whole does", async () => {
  const done: string[] = [];
  const both = merged([counting("a", 9, done), counting("b", 9, done)]);
  await both.next();
  await both.return(undefined);
  expect(done.sort()).toEqual(["a", "b"]);
});

test("what one throws is thrown, after the others have come to a halt", async () => {
  const done: string[] = [];
  // oxlint-disable-next-line require-yield
  async function* failing(): AsyncGenerator<string> {
    await Promise.resolve();
    throw new Error("broken");
  }
  await expect(all(merged([counting("a", 9, done), failing()]))).rejects.toThrow("broken");
  expect(done).toEqual(["a"]);
});
