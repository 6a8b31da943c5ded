/** Gives a function a URL that everybody may call: its configuration, and the two permissions that AWS asks for. */
import type { LambdaAccess } from "../clients.ts";

export interface PublicUrl {
  readonly url: string;
  /** It was there before, for signed requests only. */
  readonly wasSigned: boolean;
}

/** What is there already is kept, and brought to `stream`. */
export async function publicUrl({ sdk, client }: LambdaAccess, name: string, stream: boolean): Promise<PublicUrl> {
  const settings = {
    FunctionName: name,
    AuthType: "NONE",
    InvokeMode: stream ? "RESPONSE_STREAM" : "BUFFERED",
  } as const;
  let wasSigned = false;
  const { FunctionUrl: url = "" } = await client
    .send(new sdk.CreateFunctionUrlConfigCommand(settings))
    .catch(async (error: unknown) => {
      if (!(error instanceof sdk.ResourceConflictException)) throw error;
      const { AuthType } = await client.send(new sdk.GetFunctionUrlConfigCommand({ FunctionName: name }));
      wasSigned = AuthType === "AWS_IAM";
      return client.send(new sdk.UpdateFunctionUrlConfigCommand(settings));
    });
  const grants = [
    { StatementId: "FunctionURLAllowPublicAccess", Action: "lambda:InvokeFunctionUrl", FunctionUrlAuthType: "NONE" },
    { StatementId: "FunctionURLAllowInvokeAction", Action: "lambda:InvokeFunction", InvokedViaFunctionUrl: true },
  ] as const;
  for (const grant of grants) {
    await client
      .send(new sdk.AddPermissionCommand({ FunctionName: name, Principal: "*", ...grant }))
      .catch((error: unknown) => {
        if (!(error instanceof sdk.ResourceConflictException)) throw error;
      });
  }
  return { url, wasSigned };
}
