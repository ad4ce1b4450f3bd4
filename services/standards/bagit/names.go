package bagit

import (
	"strings"

	"golang.org/x/text/unicode/norm"
)

// The names table has, under the fold of a path, what came by that name first: a file or a directory, and
// how it was written. Nothing can be both.
const (
	nameFile = 'f'
	nameDir  = 'd'
)

// named is what stands under a folded name: kind is 0 where nothing does.
func (c *Checker) named(key string) (kind byte, path string) {
	value, there, err := c.names.Get(key)
	c.spooled(err)
	if !there || err != nil {
		return 0, ""
	}
	if len(value) == 1 {
		return value[0], key
	}
	return value[0], value[1:]
}

// name puts a path under its folded name.
func (c *Checker) name(key string, kind byte, path string) {
	value := string(kind)
	if path != key {
		value += path
	}
	c.spooled(c.names.Put(key, value))
}

// admit judges a new file or directory by its path and by what came before; nil lets it
// in. What it refuses it has put among the findings.
func (c *Checker) admit(path string, dir bool) *finding {
	if f := c.count(); f != nil {
		return f
	}
	f := badPath(path, c.opts.Limits)
	if f == nil {
		f = c.collides(path, dir)
	}
	if f != nil {
		c.found.add(*f)
		return f
	}
	c.addDirs(path, dir)
	if r := unportable(path); r != 0 && !dir {
		c.found.add(finding{show(path), Unportable, []any{"character", string(r)}})
	}
	return nil
}

// within is the directory that a path lies in, "" at the top.
func within(path string) string {
	return path[:max(strings.LastIndexByte(path, '/'), 0)]
}

// collides says whether the path cannot stand beside what came before on every system.
func (c *Checker) collides(path string, dir bool) *finding {
	key := fold(path)
	if !dir {
		switch kind, other := c.named(key); {
		case kind == nameFile && other == path:
			return &finding{where: show(path), rule: DuplicateFile}
		case kind == nameFile:
			return collision(path, other, path)
		case kind == nameDir:
			return &finding{show(path), FileAndDirectory, []any{"other", show(other)}}
		}
	}
	// Most files lie where the one before lay: all above was looked at then.
	if dir || c.under == "" || within(path) != c.under {
		if f := c.collidesAbove(path, key, dir); f != nil {
			return f
		}
	}
	if !dir {
		c.name(key, nameFile, path)
	}
	return nil
}

// collidesAbove judges the directories that a path lies in, and the path itself where it is
// one. Two that differ only by capitals would become one elsewhere, and their files mix.
func (c *Checker) collidesAbove(path, key string, dir bool) *finding {
	for at, in := 0, 0; ; at, in = at+1, in+1 {
		i, j := strings.IndexByte(path[at:], '/'), strings.IndexByte(key[in:], '/')
		if (i < 0 || j < 0) && !dir {
			return nil
		}
		if at, in = at+i, in+j; i < 0 || j < 0 {
			at, in = len(path), len(key)
		}
		switch kind, other := c.named(key[:in]); {
		case kind == nameFile:
			return &finding{show(path), FileAndDirectory, []any{"other", show(other)}}
		case kind == nameDir && other != path[:at]:
			return collision(path, other, path[:at])
		}
		if at == len(path) {
			return nil
		}
	}
}

// collision says of a path that its beginning, or all of it, is another on some systems only.
func collision(path, other, beginning string) *finding {
	f := &finding{show(path), CaseCollision, []any{"other", show(other)}}
	if norm.NFC.String(other) == norm.NFC.String(beginning) {
		f.rule = FormCollision
	}
	return f
}

// addDirs remembers the directories that a path implies.
func (c *Checker) addDirs(path string, dir bool) {
	if !dir {
		if c.under != "" && within(path) == c.under {
			return
		}
		c.under = within(path)
	}
	for end := len(path); end > 0; end = strings.LastIndexByte(path[:end], '/') {
		if end == len(path) && !dir {
			continue
		}
		key := fold(path[:end])
		if kind, _ := c.named(key); kind == nameDir {
			return
		}
		c.name(key, nameDir, path[:end])
		if end < len(path) {
			c.seen++ // implied, and so not announced
		}
	}
}

// sameNormal finds the file whose name is the same in another Unicode form: a manifest
// written on one system and files renamed by another (RFC 8493 §6).
func (c *Checker) sameNormal(path string) (string, bool) {
	kind, other := c.named(fold(path))
	return other, kind == nameFile && norm.NFC.String(other) == norm.NFC.String(path)
}
