/** What references to resources give: attributes of those that are there, and the names that resources would have that are not deployed. */
import type { JsonValue } from "../../base/index.ts";
import { evaluate, type Scope } from "./intrinsics.ts";
import { type JsonObject, objectOf } from "./json.ts";
import type { Attributes } from "./kinds/kind.ts";
import type { Model } from "./model.ts";
import type { Place } from "./parameters.ts";
import { badTemplate } from "./problems.ts";
import type { Notice, Resource } from "./resource.ts";

/** How the ARN of a resource that is not deployed would look: type → service and what stands before the name. */
const ARNS: Readonly<Record<string, string>> = {
  "AWS::DynamoDB::Table": "dynamodb:@:table/",
  "AWS::Serverless::SimpleTable": "dynamodb:@:table/",
  "AWS::SQS::Queue": "sqs:@:",
  "AWS::SNS::Topic": "sns:@:",
  "AWS::S3::Bucket": "s3:::",
  "AWS::Kinesis::Stream": "kinesis:@:stream/",
  "AWS::Events::EventBus": "events:@:event-bus/",
};
const NAME_MEMBERS = ["TableName", "QueueName", "TopicName", "BucketName", "Name"];

export class References {
  readonly known = new Map<string, Attributes>();
  readonly #model: Model;
  readonly #place: Place;
  readonly #notice: Notice;

  constructor(model: Model, place: Place, notice: Notice) {
    this.#model = model;
    this.#place = place;
    this.#notice = notice;
  }

  /** What is not known yet stays a reference. `user` is named when it refers to what is not deployed. */
  resolve(properties: JsonObject, user: string): JsonObject {
    return objectOf(evaluate(properties, this.#scope(user)));
  }

  value(value: JsonValue, user: string): JsonValue | undefined {
    return evaluate(value, this.#scope(user));
  }

  #scope(user: string): Scope {
    return {
      mappings: {},
      parameter: () => undefined,
      condition: (name) => {
        throw badTemplate(`The condition ${name} cannot be decided.`);
      },
      resource: (id, attribute) => this.#attribute(id, attribute, user),
    };
  }

  #attribute(name: string, attribute: string | undefined, user: string): JsonValue | undefined {
    const id = this.#model.names.get(name) ?? name;
    const absent = this.#model.absent.get(id);
    if (absent !== undefined) return this.#guess(absent, attribute, user);
    if (!this.#model.resources.some((resource) => resource.id === id)) {
      this.#notice(`${user} refers to ${id}, which is not deployed: it gets the text ${id}`);
      return attribute === undefined ? id : `${id}.${attribute}`;
    }
    const attributes = this.known.get(id);
    if (attributes === undefined) return undefined;
    const value = attributes[attribute ?? "Ref"];
    if (value !== undefined || attribute === undefined) return value;
    // Some become known only when the resource is there.
    if (!(REAL in attributes)) return undefined;
    throw badTemplate(`${user} asks ${id} for ${attribute}, which it does not have.`);
  }

  #guess({ id, type, properties }: Resource, attribute: string | undefined, user: string): string {
    const given = NAME_MEMBERS.map((member) => properties[member]).find((value) => typeof value === "string");
    const name = typeof given === "string" ? given : `${this.#place.stack}-${id}`;
    const { region, account } = this.#place;
    const pattern = ARNS[type];
    const isArn = attribute === "Arn" || (attribute === undefined && type === "AWS::SNS::Topic");
    const arn = `arn:aws:${(pattern ?? `${(type.split("::")[1] ?? "").toLowerCase()}:@:`).replace("@", `${region}:${account}`)}${name}`;
    const value = isArn ? arn : attribute === undefined ? name : `${name}.${attribute}`;
    this.#notice(`${user} refers to ${id} (${type}), which is not deployed: it gets ${value}`);
    return value;
  }
}

/** Marks attributes that were read from the server, so all that there will be are there. */
export const REAL = "lambent:real";
