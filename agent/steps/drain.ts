import { gateOf } from "../traffic.ts";
import type { Work } from "../work.ts";
import type { Perform } from "./step-of.ts";

/** Takes this host out of what sends visitors to it, before anything of it changes. */
export const drain: Perform<"drain"> = async (_step, work) => gate(work)?.close(work.signal);

/** Lets visitors in again. */
export const undrain: Perform<"undrain"> = async (_step, work) => gate(work)?.open(work.signal);

const gate = (work: Work) => work.app.drain && gateOf(work.app.drain, work);
