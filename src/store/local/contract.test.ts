/** The local adapter keeps the contract of the five ports. */
import { storeContract } from "../contract/index.ts";
import { makeLocalStore } from "./fixtures/local-store.ts";

storeContract(makeLocalStore);
