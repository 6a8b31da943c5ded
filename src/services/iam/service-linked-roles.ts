/**
 * Roles that belong to a service: their name, path and trust follow from the service, and only their deletion has
 * operations of its own. Nothing here uses them; a deletion succeeds at once.
 */
import type { Handlers } from "../../wire/index.ts";
import { randomUniqueId } from "../kit/index.ts";
import { deletionTaskNotFound, linkedRoleExists, roleNotFound } from "./errors.ts";
import { IAM_LIMITS } from "./limits.ts";
import type { RoleRecord } from "./records.ts";
import { printRole } from "./roles.ts";
import type { IamClient, IamState } from "./state.ts";

/** Names that do not follow from the service's host name. From AWS's documentation. */
const NAMES: Readonly<Record<string, string>> = {
  "autoscaling.amazonaws.com": "AWSServiceRoleForAutoScaling",
  "ecs.amazonaws.com": "AWSServiceRoleForECS",
  "elasticloadbalancing.amazonaws.com": "AWSServiceRoleForElasticLoadBalancing",
  "lex.amazonaws.com": "AWSServiceRoleForLexBots",
  "ops.apigateway.amazonaws.com": "AWSServiceRoleForAPIGateway",
  "rds.amazonaws.com": "AWSServiceRoleForRDS",
  "replicator.lambda.amazonaws.com": "AWSServiceRoleForLambdaReplicator",
  "spot.amazonaws.com": "AWSServiceRoleForEC2Spot",
  "lambda.amazonaws.com": "AWSServiceRoleForLambda",
};
const TASK = /^task\/aws-service-role\/[^/]+\/([^/]+)\/[^/]+$/;

export function serviceLinkedRoleHandlers(state: IamState): Handlers<IamClient> {
  const { roles, clock, random } = state;
  return {
    async CreateServiceLinkedRole(input, call) {
      const { AWSServiceName: service, CustomSuffix: suffix, Description: description } = input;
      const statement = { Effect: "Allow", Principal: { Service: [service] }, Action: ["sts:AssumeRole"] };
      const role: RoleRecord = {
        name: linkedRoleName(service) + (suffix === undefined ? "" : `_${suffix}`),
        id: randomUniqueId(random, "AROA"),
        path: `/aws-service-role/${service}/`,
        createdAt: clock.now(),
        trustPolicy: JSON.stringify({ Version: "2012-10-17", Statement: [statement] }),
        maxSessionSeconds: IAM_LIMITS.maxSessionSeconds,
        tags: [],
        inlinePolicies: {},
        attachedPolicyArns: [],
        linkedService: service,
        ...(description === undefined ? {} : { description }),
      };
      if (!(await roles.create(call, role))) throw linkedRoleExists(role.name);
      return { Role: printRole(call, role) };
    },

    async DeleteServiceLinkedRole({ RoleName: name }, call) {
      const { linkedService } = await roles.get(call, name);
      await roles.delete(call, name, (role) => {
        if (role.linkedService === undefined) throw roleNotFound(name);
      });
      return { DeletionTaskId: `task/aws-service-role/${linkedService}/${name}/${random.uuid()}` };
    },

    async GetServiceLinkedRoleDeletionStatus({ DeletionTaskId: id }) {
      if (!TASK.test(id)) throw deletionTaskNotFound(id);
      return { Status: "SUCCEEDED" };
    },
  };
}

function linkedRoleName(service: string): string {
  const known = Object.hasOwn(NAMES, service) ? NAMES[service] : undefined;
  if (known !== undefined) return known;
  const words = service.replace(/\.amazonaws\.com(\.cn)?$/, "").split(/[^A-Za-z0-9]+/);
  return `AWSServiceRoleFor${words.map((word) => word.slice(0, 1).toUpperCase() + word.slice(1)).join("")}`;
}
