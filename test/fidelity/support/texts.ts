/** Texts of AWS that several tables name: patterns and lists, as the service prints them. */
const ARN = "(arn:(aws[a-zA-Z-]*)?:lambda:)?";
const REGION = "((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:)?";

/** Operations that create and change. */
export const NAME_PATTERN: string = `${ARN}${REGION}(\\d{12}:)?(function:)?([a-zA-Z0-9-_]+)(:(\\$LATEST|[a-zA-Z0-9-_]+))?`;
/** Operations that read, invoke and delete. */
export const NAME_PATTERN_WIDE: string = `${ARN}${REGION}(\\d{12}:)?(function:)?([a-zA-Z0-9-_\\.]+)(:(\\$LATEST(\\.PUBLISHED)?|[a-zA-Z0-9-_]+))?`;
export const QUALIFIER_PATTERN = "\\$(LATEST(\\.PUBLISHED)?)|[a-zA-Z0-9-_$]+";
/** January 2026. */
export const LIST_OF_RUNTIMES =
  "nodejs20.x, python3.14, provided.al2023, python3.12, python3.13, nodejs24.x, nodejs22.x, java25, python3.10, python3.11, java21, ruby3.3, ruby3.4, ruby3.2, python3.8, python3.9, java17, nodejs16.x, dotnet10, dotnet8, java11, dotnet6, nodejs18.x, provided.al2, java8.al2";
/** With those that the API model has gained since. */
export const CREATABLE_RUNTIMES: string = `${LIST_OF_RUNTIMES}, nodejs26.x, python3.15, ruby4.0, java8.al2023, java11.al2023, java17.al2023`;
