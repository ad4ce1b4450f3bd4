package store

import (
	"bytes"
	"encoding/binary"
	"fmt"

	retentionv1 "github.com/qoyma/qoyma/proto/gen/qoyma/retention/v1"
	"github.com/qoyma/qoyma/services/platform/store"
)

// maxProblems bounds what one check reports.
const maxProblems = 200

type check struct {
	v    *store.View
	list []store.Problem
}

func (c *check) add(where, format string, args ...any) {
	if len(c.list) < maxProblems {
		c.list = append(c.list, store.Found(Name, where, format, args...))
	}
}

// Check looks at everything that must hold of the service's state: every file is counted, in
// a state that there is and in the inventory that lists it; an inventory
// has its files from 1 without gaps; transfers are numbered without gaps; a duty that waits
// has its timer, and no other inventory has one.
func Check(v *store.View) []store.Problem {
	c := &check{v: v}
	c.files()
	c.entries()
	c.inventories()
	c.transfers()
	c.timers()
	return c.list
}

// files checks numbers, counters and places.
func (c *check) files() {
	volumes := make(map[string]uint32) // by line of the nomenclature
	last := fileID(0)
	for key, raw := range c.v.Scan("files", nil, nil) {
		row, err := decodeFile(key, raw)
		if err != nil || len(key) != 8 {
			c.add("files "+printable(key), "%v", err)
			continue
		}
		id := fileID(binary.BigEndian.Uint64(key))
		if row.GetFile().GetId() != id.String() {
			c.add("files "+printable(key), "it holds %q", row.GetFile().GetId())
			continue
		}
		if id != last+1 {
			c.add("file "+id.String(), "it follows number %d", last)
		}
		last = id
		line := string(entryKey(row.GetOrganisationId(), row.GetYear(), row.GetFile().GetIndex()))
		if volumes[line]++; row.GetVolume() != volumes[line] {
			c.add("file "+id.String(), "it says volume %d, it is the line's %d", row.GetVolume(), volumes[line])
		}
		c.file(id, row)
	}
	for line, n := range volumes {
		if got := counted(c.v, []byte(line)); got != n {
			c.add("counters "+printable([]byte(line)), "it says %d, the last file is %d", got, n)
		}
	}
	if n := c.count("departments"); n != int(last) {
		c.add("departments", "%d rows, there are %d files", n, last)
	}
}

// entries checks that each year's are counted.
func (c *check) entries() {
	years := make(map[string]uint32)
	for key := range c.v.Scan("entries", nil, nil) {
		if i := bytes.IndexByte(key, 0); i >= 0 && len(key) > i+3 {
			years[string(key[:i+3])]++
		}
	}
	for key := range c.v.Scan("counters", nil, nil) {
		if i := bytes.IndexByte(key, 0); i < 0 || len(key) > i+3 {
			continue
		}
		if n := counted(c.v, key); n != years[string(key)] {
			c.add("counters "+printable(key), "it says %d, there are %d entries", n, years[string(key)])
		}
		delete(years, string(key))
	}
	if len(years) > 0 {
		c.add("counters", "%d years of entries are not counted", len(years))
	}
}

func (c *check) file(id fileID, row FileRow) {
	where := "file " + id.String()
	if !IsState(row.GetState()) {
		c.add(where, "its state is %q", row.GetState())
	}
	if c.v.Get("departments", departmentKey(row.GetOrganisationId(), id)) == nil {
		c.add(where, "it is not among its organisation's")
	}
	if c.v.Get("entries", entryKey(row.GetOrganisationId(), row.GetYear(), row.GetFile().GetIndex())) == nil {
		c.add(where, "its line of the nomenclature is not there")
	}
	if row.GetInventoryId() == "" {
		if s := row.GetState(); s != StateOpen && s != StateClosed {
			c.add(where, "it is %s and in no inventory", s)
		}
		return
	}
	if at := c.v.Get("rows", rowKey(row.GetInventoryId(), row.GetFile().GetPosition())); string(at) != id.String() {
		c.add(where, "it says No. %d of inventory %s, where %q stands", row.GetFile().GetPosition(), row.GetInventoryId(), at)
	}
}

// inventories checks each with its rows and its place among the duties.
func (c *check) inventories() {
	rows, duties := 0, 0
	for key, raw := range c.v.Scan("inventories", nil, nil) {
		where := "inventory " + printable(key)
		d := new(retentionv1.DueTransfer)
		if err := decode("inventories", key, raw, d); err != nil {
			c.add(where, "%v", err)
			continue
		}
		rows += c.rows(where, d)
		if d.GetDueOn() == "" {
			if d.GetState() != "" || d.GetTransferId() != "" {
				c.add(where, "it has no due day and is %s", d.GetState())
			}
			continue
		}
		duties++
		for _, k := range dutyKeys(d.GetOrganisation().GetId(), d.GetDueOn(), d.GetInventory().GetId(), d.GetState() == DutyFulfilled) {
			if string(c.v.Get("due", k)) != d.GetInventory().GetId() {
				c.add(where, "it is not in the list of duties as %s on %s", d.GetState(), d.GetDueOn())
			}
		}
		c.duty(where, d)
	}
	if n := c.count("rows"); n != rows {
		c.add("rows", "%d rows, the inventories have %d", n, rows)
	}
	if n := c.count("due"); n != 2*duties {
		c.add("due", "%d rows, the inventories need %d", n, 2*duties)
	}
}

func (c *check) rows(where string, d *retentionv1.DueTransfer) (n int) {
	id := d.GetInventory().GetId()
	for key, raw := range c.v.Scan("rows", rowPrefix(id), nil) {
		if n++; !bytes.Equal(key, rowKey(id, uint32(n))) {
			c.add(where, "row %x where No. %d should stand", key, n)
		}
		parsed, ok := parseFileID(string(raw))
		row, err := fileRow(c.v, parsed)
		if !ok || err != nil || row.DepartmentFile == nil {
			c.add(where, "No. %d, file %q, is not there (%v)", n, raw, err)
			continue
		}
		if row.GetInventoryId() != id || row.GetFile().GetPosition() != uint32(n) {
			c.add(where, "No. %d, file %s, says No. %d of %s", n, raw, row.GetFile().GetPosition(), row.GetInventoryId())
		}
		if want := stateIn(d); row.GetState() != want && (row.GetState() != StateTransferred || d.GetState() != DutyFulfilled) {
			c.add(where, "file %s is %s, the inventory makes it %s", raw, row.GetState(), want)
		}
	}
	if n != int(d.GetInventory().GetFiles()) || n == 0 {
		c.add(where, "it has %d rows and says %d", n, d.GetInventory().GetFiles())
	}
	return n
}

// stateIn is the state of the files of an inventory. Those of a fulfilled one are due until
// the archive names them as taken.
func stateIn(d *retentionv1.DueTransfer) string {
	switch d.GetState() {
	case DutyDue, DutyFulfilled:
		return StateDue
	default:
		return StateListed
	}
}

func (c *check) duty(where string, d *retentionv1.DueTransfer) {
	switch waits := d.GetState() == DutyWaiting; {
	case waits != (d.GetTransferId() == ""):
		c.add(where, "it is %s as transfer %q", d.GetState(), d.GetTransferId())
	case (d.GetState() == DutyFulfilled) != (d.GetAccessionNumber() != ""):
		c.add(where, "it is %s by accession %q", d.GetState(), d.GetAccessionNumber())
	case waits:
	default:
		key, ok := transferKey(d.GetTransferId())
		if at := c.v.Get("transfers", key); !ok || string(at) != d.GetInventory().GetId() {
			c.add(where, "transfer %s belongs to %q", d.GetTransferId(), at)
		}
	}
	if a := d.GetAccessionNumber(); a != "" && TransferOf(c.v, a) != d.GetTransferId() {
		c.add(where, "accession %s belongs to transfer %q", a, TransferOf(c.v, a))
	}
}

// transfers checks that numbers have no gaps within a year.
func (c *check) transfers() {
	var year uint16
	var last uint32
	for key, inventory := range c.v.Scan("transfers", nil, nil) {
		if len(key) != 6 {
			c.add("transfers "+printable(key), "no number of a transfer")
			continue
		}
		y, n := binary.BigEndian.Uint16(key), binary.BigEndian.Uint32(key[2:])
		if y != year {
			year, last = y, 0
		}
		id := transferID(y, n)
		if n != last+1 {
			c.add("transfer "+id, "it follows number %d", last)
		}
		last = n
		if d, err := Inventory(c.v, string(inventory)); err != nil || d.GetTransferId() != id {
			c.add("transfer "+id, "its inventory %q says %q (%v)", inventory, d.GetTransferId(), err)
		}
	}
}

// timers checks that exactly the duties that wait have one.
func (c *check) timers() {
	waiting := 0
	for key, raw := range c.v.Scan("inventories", nil, nil) {
		d := new(retentionv1.DueTransfer)
		if err := decode("inventories", key, raw, d); err != nil || d.GetState() != DutyWaiting {
			continue // a broken row was reported already
		}
		waiting++
		if at, err := timerAt(d.GetDueOn()); err != nil || !c.v.HasTimer(at, TimerDue, string(key)) {
			c.add("inventory "+printable(key), "it waits for %s without a timer (%v)", d.GetDueOn(), err)
		}
	}
	if set := c.v.CountTimers(TimerDue); set != waiting {
		c.add("timers", "%d timers, %d inventories wait", set, waiting)
	}
}

func (c *check) count(bucket string) (n int) {
	for range c.v.Scan(bucket, nil, nil) {
		n++
	}
	return n
}

func printable(key []byte) string { return fmt.Sprintf("%q", key) }
