// Counts what a test run came to: node tools/tally.mjs RESULTS STATUS. RESULTS is what vitest's JSON reporter wrote;
// STATUS is how the run ended. Prints `N passed, M failed`. A test that was left out is a failure too.
import { readFileSync } from "node:fs";

const [file = "", status = "1"] = process.argv.slice(2);

/** Every test with how it ended. A file that could not be loaded has no tests: it is one that failed. */
function outcomes() {
  try {
    return JSON.parse(readFileSync(file, "utf8")).testResults.flatMap(
      ({ name, status: ended, assertionResults }) =>
        assertionResults.length === 0
          ? [{ name, status: ended === "passed" ? "empty" : ended }]
          : assertionResults.map((each) => ({ name: each.fullName, status: each.status })),
    );
  } catch {
    return [{ name: "the tests did not run to their end", status: "failed" }];
  }
}

const all = outcomes();
const passed = all.filter((each) => each.status === "passed").length;
for (const each of all.filter((test) => test.status !== "passed"))
  console.log(`${each.status}: ${each.name}`);
// What fails outside of any test, such as a check or an error that nobody caught, must not look like success.
const failed = passed < all.length ? all.length - passed : status === "0" ? 0 : 1;
if (failed > 0 && passed === all.length) console.log("failed: something outside of the tests; see above");
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
