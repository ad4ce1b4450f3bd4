package store

import (
	_ "example.org/x/services/intake/internal/bag"
	_ "example.org/x/services/platform/store"
	_ "go.etcd.io/bbolt"
)
