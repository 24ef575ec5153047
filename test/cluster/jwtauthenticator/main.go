// Command jwtauthenticator answers, for each line {"jwt": …, "claims": …} on standard input, what the API server's own
// JWT authenticator makes of it: {"configProblem": …} where the `jwt[]` entry of an AuthenticationConfiguration is
// refused, {"refused": …} where the token is, else {"user": {username, uid, groups, extra}}. Signatures are taken as
// good: this is about validation and mapping.
package main

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apiserver/pkg/apis/apiserver"
	"k8s.io/apiserver/pkg/apis/apiserver/install"
	"k8s.io/apiserver/pkg/apis/apiserver/validation"
	authenticationcel "k8s.io/apiserver/pkg/authentication/cel"
	"k8s.io/apiserver/plugin/pkg/authenticator/token/oidc"
)

type line struct {
	JWT    json.RawMessage `json:"jwt"`
	Claims json.RawMessage `json:"claims"`
}

// unsignedKeys takes every signature for good.
type unsignedKeys struct{}

func (unsignedKeys) VerifySignature(_ context.Context, jwt string) ([]byte, error) {
	parts := strings.Split(jwt, ".")
	if len(parts) != 3 {
		return nil, errors.New("not a compact JWS")
	}
	return base64.RawURLEncoding.DecodeString(parts[1])
}

func decode(decoder runtime.Decoder, entry json.RawMessage) (*apiserver.AuthenticationConfiguration, error) {
	document := fmt.Sprintf(`{"apiVersion":"apiserver.config.k8s.io/v1","kind":"AuthenticationConfiguration","jwt":[%s]}`, entry)
	object, err := runtime.Decode(decoder, []byte(document))
	if err != nil {
		return nil, err
	}
	return object.(*apiserver.AuthenticationConfiguration), nil
}

func answer(ctx context.Context, decoder runtime.Decoder, compiler authenticationcel.Compiler, in line) map[string]any {
	config, err := decode(decoder, in.JWT)
	if err != nil {
		return map[string]any{"configProblem": err.Error()}
	}
	if problems := validation.ValidateAuthenticationConfiguration(compiler, config, nil); len(problems) > 0 {
		return map[string]any{"configProblem": problems.ToAggregate().Error()}
	}
	// Keys are given, and then no discovery document may be named.
	entry := config.JWT[0]
	entry.Issuer.DiscoveryURL = ""
	authenticator, err := oidc.New(ctx, oidc.Options{JWTAuthenticator: entry, KeySet: unsignedKeys{}, Compiler: compiler})
	if err != nil {
		return map[string]any{"configProblem": err.Error()}
	}
	header := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"RS256"}`))
	token := header + "." + base64.RawURLEncoding.EncodeToString(in.Claims) + "." + base64.RawURLEncoding.EncodeToString([]byte("signature"))
	response, ok, err := authenticator.AuthenticateToken(ctx, token)
	if err != nil {
		return map[string]any{"refused": err.Error()}
	}
	if !ok {
		return map[string]any{"refused": "not a token of this issuer"}
	}
	user := response.User
	return map[string]any{"user": map[string]any{
		"username": user.GetName(), "uid": user.GetUID(), "groups": user.GetGroups(), "extra": user.GetExtra(),
	}}
}

func main() {
	scheme := runtime.NewScheme()
	install.Install(scheme)
	decoder := serializer.NewCodecFactory(scheme, serializer.EnableStrict).UniversalDecoder()
	compiler := authenticationcel.NewDefaultCompiler()
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 4<<20)
	out := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		var in line
		if err := json.Unmarshal(lines.Bytes(), &in); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		if err := out.Encode(answer(context.Background(), decoder, compiler, in)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}
