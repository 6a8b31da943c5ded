/**
 * How services differ in what their front ends say, as data by signing name: the code of a validation error, the code of
 * an unreadable body, the name of the request id header. A service that is not listed behaves as most do.
 */
export interface ServiceStyle {
  /** Code of a constraint violation, or "none" for services whose front end checks no constraints. */
  readonly validationCode: string;
  /** Name of the message in unmodelled errors that come from validation. */
  readonly validationMessageKey: "message" | "Message";
  /** The answer to a JSON body that can not be parsed at all. */
  readonly unreadableBody: { readonly code: string; readonly message: string };
  readonly requestIdHeader: "x-amzn-RequestId" | "x-amz-request-id";
  /** Status of modelled errors whose model does not say it. */
  readonly errorStatus: Readonly<Record<string, number | undefined>>;
  /** Modelled errors carry `Type: User | Service`. */
  readonly errorsHaveType: boolean;
}

const USUAL: ServiceStyle = {
  validationCode: "ValidationException",
  validationMessageKey: "message",
  unreadableBody: { code: "SerializationException", message: "The request body could not be parsed as JSON" },
  requestIdHeader: "x-amzn-RequestId",
  errorStatus: {},
  errorsHaveType: false,
};

const STYLES: Readonly<Record<string, Partial<ServiceStyle>>> = {
  lambda: {
    errorsHaveType: true,
    unreadableBody: { code: "InvalidRequestContentException", message: "Could not parse request body into json." },
  },
  ecr: { validationCode: "InvalidParameterException" },
  logs: { validationCode: "InvalidParameterException" },
  sts: { validationCode: "ValidationError" },
  iam: { validationCode: "ValidationError" },
  sns: { validationCode: "ValidationError" },
  monitoring: { validationCode: "ValidationError" },
  s3: { validationCode: "none", requestIdHeader: "x-amz-request-id", errorStatus: { NotFound: 404 } },
};

export function styleOf(service: string): ServiceStyle {
  return Object.hasOwn(STYLES, service) ? { ...USUAL, ...STYLES[service] } : USUAL;
}
