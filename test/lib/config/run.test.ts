import { expect, test } from "vitest";
import { app } from "../../../lib/config/apps.ts";

test("a phase takes only what makes sense in it", () => {
  const parsing = (run: object) => app.safeParse({ repository: "shop", root: "/srv/shop", run });
  expect(parsing({ "post-deploy": [{ migrate: ["x"] }] }).success).toBe(false);
  expect(parsing({ "pre-deploy": [{ install: "npm" }] }).success).toBe(false);
  expect(parsing({ "post-deploy": [{ restart: "--all" }] }).success).toBe(false);
  expect(parsing({ "post-deploy": [{ reload: "php-fpm", pid: "/p", program: "/bin/sh" }] }).success).toBe(
    false,
  );
  expect(parsing({ "pre-link": [{ install: "npm" }, { migrate: ["npm", "run", "migrate"] }] }).success).toBe(
    true,
  );
});
