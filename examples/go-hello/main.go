// A custom runtime function in Go: the unmodified aws-lambda-go library speaks the Runtime API with Lambent.
package main

import (
	"context"
	"fmt"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

type Greeting struct {
	Name string `json:"name"`
}

func greet(ctx context.Context, event Greeting) (string, error) {
	if event.Name == "" {
		return "", fmt.Errorf("name is missing")
	}
	call, _ := lambdacontext.FromContext(ctx)
	fmt.Printf("greeting %s in request %s\n", event.Name, call.AwsRequestID)
	return "Hello, " + event.Name + "!", nil
}

func main() {
	lambda.Start(greet)
}
