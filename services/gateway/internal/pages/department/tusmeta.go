package department

import (
	"crypto/sha1" //nolint:gosec // tus asks every server for it; it guards against accidents alone
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/standards/parcel"
)

var badTus = fault.Define(fault.Invalid, "gateway.tus",
	"the program that sends the files did not keep to the protocol tus 1.0.0 ({problem}); use the page of this transfer, or a newer program",
	"программа отправки файлов нарушила протокол tus 1.0.0 ({problem}); воспользуйтесь страницей этой передачи или более новой программой",
	"файл жіберетін бағдарлама tus 1.0.0 хаттамасын бұзды ({problem}); осы тапсырудың бетін немесе жаңарақ бағдарламаны пайдаланыңыз")

// maxMetadata bounds the header Upload-Metadata, in bytes.
const maxMetadata = 8 << 10

// metadata reads the header Upload-Metadata (tus 1.0.0, creation): pairs with commas, a key that
// comes once, and its value in base64 or none.
func metadata(header string) (map[string]string, error) {
	pairs := make(map[string]string)
	if header == "" {
		return pairs, nil
	}
	if len(header) > maxMetadata {
		return nil, badTus.With("problem", fmt.Sprintf("Upload-Metadata > %d", maxMetadata))
	}
	for pair := range strings.SplitSeq(header, ",") {
		key, encoded, _ := strings.Cut(strings.TrimSpace(pair), " ")
		if key == "" || strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }) {
			return nil, badTus.With("problem", "Upload-Metadata: a key")
		}
		if _, twice := pairs[key]; twice {
			return nil, badTus.With("problem", "Upload-Metadata: "+key+" twice")
		}
		value, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil {
			return nil, badTus.With("problem", "Upload-Metadata: "+key).Because(err)
		}
		pairs[key] = string(value)
	}
	return pairs, nil
}

// counted reads a header that is a number of bytes: a non-negative whole number (tus 1.0.0, Upload-Offset
// and Upload-Length), in digits alone.
func counted(name, header string) (uint64, error) {
	n, err := strconv.ParseUint(header, 10, 63)
	if err != nil || strings.Trim(header, "0123456789") != "" {
		return 0, badTus.With("problem", name)
	}
	return n, nil
}

// checksum reads the header Upload-Checksum (tus 1.0.0, checksum): an algorithm and a digest in base64. It
// gives the digest in hex, empty where there is no header.
func checksum(header string) (string, error) {
	if header == "" {
		return "", nil
	}
	algorithm, encoded, _ := strings.Cut(header, " ")
	size, known := map[string]int{"sha1": sha1.Size, "sha256": sha256.Size}[algorithm]
	if !known {
		return "", badTus.With("problem", "Upload-Checksum: sha1, sha256")
	}
	digest, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || len(digest) != size {
		return "", badTus.With("problem", "Upload-Checksum").Because(err)
	}
	return hex.EncodeToString(digest), nil
}

// announced is what metadata says of a file.
type announced struct {
	form, path, name string
	modified         int64 // ms since 1970
}

// placedIn says where a file belongs by its metadata: filename, its path within the chosen folder where it
// has one; form, "bare" where none is given; row, the number of its row; lastModified.
func placedIn(pairs map[string]string) (announced, error) {
	a := announced{form: pairs["form"], name: pairs["filename"]}
	if a.form == "" {
		a.form = "bare"
	}
	if modified := pairs["lastModified"]; modified != "" {
		n, err := counted("Upload-Metadata: lastModified", modified)
		if err != nil {
			return a, err
		}
		a.modified = int64(n)
	}
	name := strings.ReplaceAll(a.name, `\`, "/")
	switch a.form {
	case "zip":
	case "bag":
		_, a.path, _ = strings.Cut(name, "/") // the folder that was chosen is none of the bag
	case "eark":
		a.path = parcel.PlacedEARK(name)
	case "bare":
		if a.path = parcel.Placed(name); pairs["row"] != "" {
			position := number(pairs["row"])
			if position == 0 {
				return a, badTus.With("problem", "Upload-Metadata: row")
			}
			a.path = fmt.Sprintf("data/%04d/%s", position, parcel.Base(name))
		}
	}
	if a.form != "zip" && parcel.Base(a.path) == "" {
		return a, badTus.With("problem", "Upload-Metadata: filename")
	}
	return a, nil
}
