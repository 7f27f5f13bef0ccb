import { describeNeeding } from "../../support/needing.ts";
import { letsPeopleIn } from "./contract.ts";

describeNeeding({ haproxy: "haproxy" }, "with a real HAProxy", () => letsPeopleIn("haproxy"));
