import { describeNeeding } from "../../support/needing.ts";
import { letsPeopleIn } from "./contract.ts";

describeNeeding({ apache2: "apache2" }, "with a real Apache", () => letsPeopleIn("apache"));
