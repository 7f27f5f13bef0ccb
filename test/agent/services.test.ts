import { expect, test } from "vitest";
import { restarting } from "../../agent/ready-made/services.ts";
import { app } from "../../lib/config/apps.ts";

/** The programs that a configured restart comes to, as a person would type them. */
function typed(entry: object): readonly string[] {
  const { run } = app.parse({ repository: "shop", root: "/srv/shop", run: { "post-deploy": [entry] } });
  return run["post-deploy"].flatMap((each) =>
    "restart" in each
      ? restarting(each, (text) => text, 1_000).map(({ program, args, as }) =>
          [`${as}:`, program, ...args].join(" "),
        )
      : [],
  );
}

test("services of the system are restarted by the agent, those of the app's user by that user", () => {
  expect(typed({ restart: "shop@1.service" })).toEqual(["agent: systemctl restart -- shop@1.service"]);
  expect(typed({ restart: "shop", by: "sysv" })).toEqual(["agent: service shop restart"]);
  expect(typed({ restart: "shop", by: "systemd-user" })).toEqual(["app: systemctl --user restart -- shop"]);
  expect(typed({ restart: "shop:web", by: "supervisor", config: "/etc/s.conf" })).toEqual([
    "agent: supervisorctl -c /etc/s.conf restart shop:web",
  ]);
});
