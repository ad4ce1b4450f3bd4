package ocfl

import "strings"

// others are the algorithms that are taken for each other.
var others = map[string]string{"sha256": "sha512", "sha512": "sha256"}

// otherAlgorithm is the one by which a manifest goes where all its digests have that one's
// length, not that of the algorithm which the inventory names.
func otherAlgorithm(manifest map[string][]string, algorithm string) string {
	other := others[algorithm]
	for digest := range manifest {
		if len(digest) != hexLength[other] || !isHex(digest) {
			return ""
		}
	}
	if len(manifest) == 0 {
		return ""
	}
	return other
}

// hexLength is the length of a digest in hexadecimal digits, for every algorithm that the
// specification or extension 0009 names; 0 is no hexadecimal.
var hexLength = map[string]int{
	"md5": 32, "sha1": 40, "sha256": 64, "sha512": 128, "blake2b-512": 128,
	"blake2b-160": 40, "blake2b-256": 64, "blake2b-384": 96, "sha512/256": 64, "size": 0,
}

func hexRule(algorithm string) *Rule {
	switch algorithm {
	case "sha256":
		return E030
	case "sha512", "sha512/256":
		return E031
	case "blake2b-160", "blake2b-256", "blake2b-384", "blake2b-512":
		return E032
	}
	return E029
}

func isHex(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'f') && (r < 'A' || r > 'F')
	}) < 0
}
