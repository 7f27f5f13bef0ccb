import { describeNeeding } from "../../support/needing.ts";
import { letsPeopleIn } from "./contract.ts";

describeNeeding({ nginx: "nginx" }, "with a real nginx", () => letsPeopleIn("nginx"));
