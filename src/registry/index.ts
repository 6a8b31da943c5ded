/**
 * The registry for container images: repositories and their content, and the OCI distribution protocol in front of them. What
 * ECR's operations say about them is services/ecr's. See registry.ts and distribution.ts.
 */
export { RegistryAccess, type RegistryAccessOptions, type RegistryCaller, type RegistryGate } from "./access.ts";
export { Distribution, type DistributionOptions } from "./distribution.ts";
export { RegistryProblem } from "./problems.ts";
export {
  type ImageRecord,
  partPath,
  placePath,
  type RegistryPlace,
  type RepositoryName,
  type RepositoryRecord,
} from "./records.ts";
export { Registry, type RegistryOptions } from "./registry.ts";
export { repositoriesOf } from "./repositories.ts";
export { withResource } from "./repository-policy.ts";
export { requireMovable } from "./tag-mutability.ts";
export { RegistryTokens } from "./tokens.ts";
export { Uploads } from "./uploads.ts";
