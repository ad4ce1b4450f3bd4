package store

import (
	_ "example.org/x/proto/gen/journal/v1"
	_ "example.org/x/services/platform/fault"
	_ "example.org/x/services/retention"
	_ "example.org/x/services/standards/bagit"
	_ "go.etcd.io/bbolt"
)
