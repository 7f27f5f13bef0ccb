import { checkApp } from "../check.ts";
import { requireControl } from "../scripts.ts";
import type { Step } from "../step.ts";
import type { Work } from "../work.ts";
import { configure } from "./configure.ts";
import { download } from "./download.ts";
import { declare } from "./declare.ts";
import { drain, undrain } from "./drain.ts";
import { fetch } from "./fetch.ts";
import { layOut } from "./lay-out.ts";
import { linkShared } from "./link-shared.ts";
import { linkUserData } from "./link-user-data.ts";
import { load } from "./load.ts";
import { prune } from "./prune.ts";
import { publish } from "./publish.ts";
import { requireTree } from "./require-tree.ts";
import { run } from "./run.ts";
import { script } from "./script.ts";
import { seal } from "./seal.ts";
import { stage } from "./stage.ts";
import { start } from "./start.ts";
import { stop } from "./stop.ts";
import { switchTraffic } from "./switch-traffic.ts";
import { unpack } from "./unpack.ts";

/** Performs one step. */
export async function act(step: Step, work: Work): Promise<void> {
  switch (step.do) {
    case "lock":
      return work.lock.take();
    case "unlock":
      return work.lock.free();
    case "require-control":
      return void (await requireControl(work));
    case "fetch":
      return fetch(step, work);
    case "stage":
      return stage(step, work);
    case "download":
      return download(step, work);
    case "unpack":
      return unpack(step, work);
    case "load":
      return load(step, work);
    case "seal":
      return seal(step, work);
    case "script":
      return script(step, work);
    case "run":
      return run(step, work);
    case "configure":
      return configure(step, work);
    case "link-shared":
      return linkShared(step, work);
    case "link-user-data":
      return linkUserData(step, work);
    case "require-tree":
      return requireTree(step, work);
    case "lay-out":
      return layOut(step, work);
    case "start":
      return start(step, work);
    case "switch":
      return switchTraffic(step, work);
    case "stop":
      return stop(step, work);
    case "drain":
      return drain(step, work);
    case "undrain":
      return undrain(step, work);
    case "publish":
      return publish(step, work);
    case "declare":
      return declare(step, work);
    case "check":
      return checkApp(step.revision, work);
    case "prune":
      return prune(step, work);
    default:
      return undefined;
  }
}
