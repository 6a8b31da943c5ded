/** The local adapter keeps the contract of the five ports. */
import { storeContract } from "../testing/index.ts";
import { makeLocalStore } from "./fixtures/local-store.ts";

storeContract(makeLocalStore);
