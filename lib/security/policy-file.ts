import { parseYaml } from "../schema/yaml.ts";
import { type Policy, policy } from "./policy.ts";

/**
 * Reads policy.yaml. Anything that is not as it should be refuses the whole: a rule that was skipped might have been the
 * one that mattered.
 * @throws {Failure} TRUST_FILE with file:line:column of everything that is wrong
 */
export const parsePolicy = (text: string, file: string): Policy =>
  parseYaml(text, policy, file, "TRUST_FILE");
