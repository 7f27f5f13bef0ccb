import { randomBytes } from "node:crypto";
import { basename } from "node:path";
import type { Draft } from "../draft.ts";
import { takeCommitTopic, takeReportTopic, takeTopic } from "../names.ts";
import type { Node } from "../tree.ts";
import { has, type Kind } from "./kind.ts";

/** The hooks of git and Subversion, and the receivers of the forges: their files have the same keys, and differ by name. */
export const emitters: Kind = {
  name: "post-receive-stomp, svn-stomp, gitlab-stomp or github-stomp",
  is: (root) => has(root, "trigger-topic"),
  take: (root, draft) => {
    takeCommitTopic(root.entries.get("trigger-topic"), draft);
    takeReportTopic(root, draft);
    const forge = /gitlab|github/i.exec(basename(root.file))?.[0].toLowerCase();
    if (forge === undefined) {
      draft.toComplete.add("install the hook in each repository that is announced: skein hook install PATH");
      return;
    }
    takeForge(forge, root, draft);
  },
};

function takeForge(forge: string, root: Node, draft: Draft): void {
  const trigger = root.entries.get("trigger-topic");
  if (trigger === undefined || draft.get(["webhook", "hooks", forge]) !== undefined) return;
  const secret = draft.secret(`webhook-${forge}`, randomBytes(32).toString("hex"));
  draft.put(["webhook", "listen"], "127.0.0.1:8090", trigger);
  draft.put(["webhook", "hooks", forge], { forge, secret }, trigger);
  takeCommitTopic(trigger, draft);
  draft.toComplete.add(
    `webhook.hooks.${forge}: give the forge the address of /${forge}, and what is in ${secret.file} as its secret; where it is not at ${forge}.com, say host`,
  );
}

/** What Jenkins ran to tell of builds: its topics were written into the program. */
export const jenkinsHelper: Kind = {
  name: "jenkins-helper",
  is: (root) => /jenkins-helper/i.test(root.file) && (has(root, "rserver") || has(root, "stompconnector")),
  take: (_root, draft) => {
    draft.toComplete.add(
      "in the jobs of Jenkins, `skein ci-status` takes over from jenkins-helper: docs/guides/ci-status.md",
    );
  },
};

/** The front end of stomp-access. */
export const accessFront: Kind = {
  name: "the access front end",
  is: (root) => has(root, "user-topic"),
  take: (root, draft, { olderAccess }) => {
    takeReportTopic(root, draft);
    const topic = root.entries.get("user-topic");
    if (olderAccess) takeTopic("access.asked", "/topic/future.access.stage", topic, draft);
    else if (topic !== undefined)
      draft.leave(
        topic,
        "passwords went over it in clear: use `skein access grant`, or migrate with --older-access",
      );
    const sites = root.entries.get("sites");
    if (sites !== undefined)
      draft.leave(sites, "the sites are those that the hosts have, under access.sites");
  },
};
