/** SAM's Events of a function: those that Lambda polls become event source mappings; of each other one it is said that nothing was made. Pure. */
import { defined, type JsonObject, objectOf, textOf } from "../json.ts";
import { made, type Notice, type Resource } from "../resource.ts";

/** SAM's event type → its member that names the source, and what that is called in a mapping. */
const POLLED: Readonly<Record<string, string | undefined>> = {
  SQS: "Queue",
  Kinesis: "Stream",
  DynamoDB: "Stream",
  MSK: "Stream",
  MQ: "Broker",
  DocumentDB: "Cluster",
  SelfManagedKafka: undefined,
};

export function eventSources(
  functionId: string,
  target: JsonObject,
  events: JsonObject,
  notice: Notice,
): readonly Resource[] {
  return Object.entries(events).flatMap(([name, value]) => {
    const event = objectOf(value);
    const type = textOf(event["Type"]) ?? "";
    if (!(type in POLLED)) {
      notice(`${functionId}: its event ${name} (${type}) is not deployed yet, so nothing invokes it that way`);
      return [];
    }
    const source = POLLED[type];
    const { [source ?? ""]: arn, KafkaBootstrapServers: servers, ...settings } = objectOf(event["Properties"]);
    const properties = defined({
      ...settings,
      FunctionName: target,
      EventSourceArn: source === undefined ? undefined : arn,
      SelfManagedEventSource: servers === undefined ? undefined : { Endpoints: { KafkaBootstrapServers: servers } },
    });
    return [made(`${functionId}${name}`, "AWS::Lambda::EventSourceMapping", properties)];
  });
}
