// Package openapi writes the bridge as OpenAPI 3.1 describes it, from what package contract
// declares. It declares nothing itself but how CloudEvents look.
package openapi
