import type { Git } from "../lib/effects/git.ts";
import { roomAt } from "../lib/effects/folders.ts";
import { Failure } from "../lib/failure.ts";
import type { Revision } from "../lib/schema/names.ts";
