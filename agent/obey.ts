import { codeOf, Failure, reasonOf } from "../lib/failure.ts";
import type { Data, Message } from "../lib/messages/catalogue.ts";
import type { SignedEnvelope } from "../lib/schema/signed-envelope.ts";
import type { Authorisation } from "../lib/security/command.ts";
import { type Accepted, type Verdict, verifyCommand } from "../lib/security/verify.ts";
import { accept } from "./accept.ts";
import { admitHere, rolloutOf } from "./admit.ts";
import { answerOf } from "./answer.ts";
