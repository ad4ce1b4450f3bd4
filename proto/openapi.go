// Package proto holds the description of the JSON API that is generated from the messages and
// services of this module (OpenAPI 2.0).
package proto

import _ "embed"

// OpenAPI is the description, JSON.
//
//go:embed gen/openapi/qoyma.swagger.json
var OpenAPI []byte
