package bagit

import (
	_ "example.org/library"
	_ "example.org/x/proto/gen/intake/v1"
	_ "example.org/x/services/platform/fault"
	_ "example.org/x/services/platform/store"
	_ "example.org/x/services/standards/premis"
)
