import { takeReportTopic, takeTopic } from "../names.ts";
import { has, type Kind } from "./kind.ts";

/** Where the older kit had its archive: the path was written into the program. */
const BASE = "/var/www/repo";

/** What took packages into an archive. */
export const autoReprepro: Kind = {
  name: "auto-reprepro",
  is: (root) => has(root, "incoming-dir"),
  take: (root, draft) => {
    takeReportTopic(root, draft);
    takeTopic("package.published", "/topic/future.package.updates", root.entries.get("package-topic"), draft);
    const incoming = root.entries.get("incoming-dir");
    const list = root.entries.get("distro-list");
    if (incoming === undefined || list === undefined) return;
    const distributions =
      list.items.length > 0 ? list.items.map(({ text }) => text) : list.text.split(/[\s,]+/);
    const path = ["package-announcer", "reprepro", "repo"];
    const folder = incoming.text.replace(/(?<=.)\/+$/, "");
    if (!draft.put(path, { base: BASE, incoming: { folder, distributions } }, incoming)) return;
    draft.take(list, [...path, "incoming", "distributions"]);
    draft.take(incoming, [...path, "incoming", "folder"]);
    draft.toComplete.add(
      `package-announcer.reprepro.repo.base: it is ${BASE}, as in auto-reprepro itself, unless you changed it there`,
    );
  },
};
