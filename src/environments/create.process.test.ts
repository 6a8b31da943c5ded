import { environmentsSuite } from "./testing/suite.ts";

environmentsSuite("process");
