package pronom

import "slices"

// at is a probe at an exact offset from the head.
func at(offset int, b string) Probe { return Probe{At: offset, Bytes: b} }

// within is a probe that may begin anywhere up to slack bytes after the head.
func within(slack int, b string) Probe { return Probe{Slack: slack, Bytes: b} }

// ends is a probe whose sequence ends at most slack bytes before the end of the file.
func ends(slack int, b string) Probe { return Probe{Tail: true, Slack: slack, Bytes: b} }

// before gives a probe what must follow gap bytes after its sequence.
func (p Probe) before(gap int, b string) Probe { p.Gap, p.Then = gap, b; return p }

func sig(p ...Probe) Pattern { return p }

var (
	pdfExt  = []string{"pdf"}
	jpegExt = []string{"jpg", "jpeg", "jpe", "jif", "jfif", "jfi"}
	htmlExt = []string{"html", "htm"}
	bmpExt  = []string{"bmp", "dib"}
	waveExt = []string{"wav", "wave"}
	rtfExt  = []string{"rtf"}
	pngExt  = []string{"png"}
	dbfExt  = []string{"dbf"}
)

const (
	pdfName  = "Portable Document Format"
	pdfMIME  = "application/pdf"
	exifName = "Exchangeable Image File Format (Compressed)"
	jfifName = "JPEG File Interchange Format"
	docMIME  = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
	xlsMIME  = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	pptMIME  = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
	odf      = "application/vnd.oasis.opendocument."
	siard    = "SIARD (Software-Independent Archiving of Relational Databases)"
	types    = "[Content_Types].xml"
	scan     = 64 << 10 // "anywhere in the head window"
)

// table is the formats, the special before the general. To add one: find its PUID in
// PRONOM, put the row before every row that its files would match, add a sample to the
// test.
var table = slices.Concat(pdfRows(), imageRows(), officeRows(), packageRows(), soundRows(), dataRows(), markupRows(), textRows())

func rowOf(puid string) *Row {
	for j := range table {
		if table[j].PUID == puid {
			return &table[j]
		}
	}
	return nil
}

func pdfRows() []Row {
	var rows []Row
	for _, a := range []struct{ puid, level, part, conformance string }{
		{"fmt/95", "1a", "1", "A"},
		{"fmt/354", "1b", "1", "B"},
		{"fmt/476", "2a", "2", "A"},
		{"fmt/477", "2b", "2", "B"},
		{"fmt/478", "2u", "2", "U"},
		{"fmt/479", "3a", "3", "A"},
		{"fmt/480", "3b", "3", "B"},
		{"fmt/481", "3u", "3", "U"},
		{"fmt/1911", "4e", "4", "E"},
		{"fmt/1912", "4f", "4", "F"},
		{"fmt/1910", "4", "4", ""},
	} {
		rows = append(rows, Row{
			PUID: a.puid, Name: "Acrobat PDF/A - " + pdfName, Version: a.level, MIME: pdfMIME, Ext: pdfExt,
			Any: []Pattern{sig(within(144, "%PDF-"))}, test: claimsPDFA(a.part, a.conformance),
		})
	}
	for _, p := range []struct{ puid, version string }{
		{"fmt/14", "1.0"},
		{"fmt/15", "1.1"},
		{"fmt/16", "1.2"},
		{"fmt/17", "1.3"},
		{"fmt/18", "1.4"},
		{"fmt/19", "1.5"},
		{"fmt/20", "1.6"},
		{"fmt/276", "1.7"},
	} {
		rows = append(rows, Row{
			PUID: p.puid, Name: "Acrobat PDF " + p.version + " - " + pdfName, Version: p.version,
			MIME: pdfMIME, Ext: pdfExt, Any: []Pattern{sig(at(0, "%PDF-"+p.version))},
		})
	}
	return append(rows, Row{
		PUID: "fmt/1129", Name: "PDF 2.0 - " + pdfName, Version: "2.0", MIME: pdfMIME, Ext: pdfExt,
		Any: []Pattern{sig(within(4096, "%PDF-2.0"))},
	})
}

func imageRows() []Row {
	exif := func(puid, version, digits string) Row {
		return Row{
			PUID: puid, Name: exifName, Version: version, MIME: "image/jpeg", Ext: jpegExt,
			Any: []Pattern{
				sig(at(0, "\xFF\xD8\xFF\xE1"), at(6, "Exif\x00\x00MM\x00*"), within(scan, "\x90\x00\x00\x07\x00\x00\x00\x04"+digits)),
				sig(at(0, "\xFF\xD8\xFF\xE1"), at(6, "Exif\x00\x00II*\x00"), within(scan, "\x00\x90\x07\x00\x04\x00\x00\x00"+digits)),
			},
		}
	}
	jfif := func(puid, version, minor string) Row {
		return Row{
			PUID: puid, Name: jfifName, Version: version, MIME: "image/jpeg", Ext: jpegExt,
			Any: []Pattern{sig(at(0, "\xFF\xD8\xFF\xE0"), at(6, "JFIF\x00\x01"+minor))},
		}
	}
	png := func(puid, version string, chunks ...string) Row {
		r := Row{PUID: puid, Name: "Portable Network Graphics", Version: version, MIME: "image/png", Ext: pngExt}
		head := at(0, "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR")
		for _, c := range chunks {
			r.Any = append(r.Any, sig(head, within(scan, c)))
		}
		if len(chunks) == 0 {
			r.Any = []Pattern{sig(head)}
		}
		return r
	}
	bmp := func(puid, version, header string) Row {
		return Row{
			PUID: puid, Name: "Windows Bitmap", Version: version, MIME: "image/bmp", Ext: bmpExt,
			Any: []Pattern{sig(at(0, "BM"), at(14, header))},
		}
	}
	jp2 := func(puid, name, mime, brand string, ext ...string) Row {
		return Row{
			PUID: puid, Name: name, MIME: mime, Ext: ext,
			Any: []Pattern{sig(at(0, "\x00\x00\x00\x0CjP  \r\n\x87\n"), at(16, "ftyp"+brand))},
		}
	}
	webp := func(puid, version, kind string) Row {
		return Row{
			PUID: puid, Name: "WebP", Version: version, MIME: "image/webp", Ext: []string{"webp"},
			Any: []Pattern{sig(at(0, "RIFF"), at(8, "WEBPVP8"+kind))},
		}
	}
	return []Row{
		{PUID: "fmt/353", Name: "Tagged Image File Format", MIME: "image/tiff", Ext: []string{"tif", "tiff"}, Any: []Pattern{sig(at(0, "II*\x00")), sig(at(0, "MM\x00*"))}},
		exif("x-fmt/390", "2.1", "0210"),
		exif("x-fmt/391", "2.2", "0220"),
		exif("fmt/645", "2.21", "0221"),
		exif("fmt/1507", "2.3.x", "023"),
		jfif("fmt/42", "1.00", "\x00"),
		jfif("fmt/43", "1.01", "\x01"),
		jfif("fmt/44", "1.02", "\x02"),
		{PUID: "fmt/41", Name: "Raw JPEG Stream", MIME: "image/jpeg", Ext: jpegExt, Any: []Pattern{sig(at(0, "\xFF\xD8\xFF"))}},
		jp2("x-fmt/392", "JP2 (JPEG 2000 part 1)", "image/jp2", "jp2", "jp2"),
		jp2("fmt/151", "JPX (JPEG 2000 part 2)", "image/jpx", "jpx", "jpx", "jpf"),
		jp2("fmt/463", "JPM (JPEG 2000 part 6)", "image/jpm", "jpm", "jpm"),
		png("fmt/13", "1.2", "iTXt"),
		png("fmt/12", "1.1", "iCCP", "sPLT", "sRGB"),
		png("fmt/11", "1.0"),
		{PUID: "fmt/3", Name: "Graphics Interchange Format", Version: "87a", MIME: "image/gif", Ext: []string{"gif"}, Any: []Pattern{sig(at(0, "GIF87a"))}},
		{PUID: "fmt/4", Name: "Graphics Interchange Format", Version: "89a", MIME: "image/gif", Ext: []string{"gif"}, Any: []Pattern{sig(at(0, "GIF89a"))}},
		bmp("fmt/115", "2.0", "\x0c\x00\x00\x00"),
		bmp("fmt/118", "4.0", "\x6c\x00\x00\x00"),
		bmp("fmt/119", "5.0", "\x7c\x00\x00\x00"),
		bmp("fmt/116", "3.0", "\x28\x00\x00\x00"),
		{PUID: "fmt/255", Name: "DjVu File Format", MIME: "image/vnd.djvu, image/x-djvu", Ext: []string{"djvu", "djv"}, Any: []Pattern{sig(at(0, "AT&TFORM"), at(12, "DJV"))}},
		webp("fmt/566", "Lossy", " "),
		webp("fmt/567", "Lossless", "L"),
		webp("fmt/568", "Extended", "X"),
		{PUID: "x-fmt/92", Name: "Adobe Photoshop", MIME: "image/vnd.adobe.photoshop", Ext: []string{"psd", "pdd"}, Any: []Pattern{sig(at(0, "8BPS\x00\x01"))}},
	}
}

func officeRows() []Row {
	ooxml := func(puid, name, mime, ext, entry string) Row {
		return Row{
			PUID: puid, Name: name, Version: "2007 onwards", MIME: mime, Ext: []string{ext}, In: "zip",
			Inside: []Inside{{types, mime + `.main+xml"`}, {entry, ""}},
		}
	}
	macro := func(puid, name, version, mime, ext string) Row {
		return Row{PUID: puid, Name: name, Version: version, MIME: mime + ".12", Ext: []string{ext}, In: "zip", Inside: []Inside{{types, mime + `.main+xml"`}}}
	}
	open := func(puid, name, version, kind, ext string) Row {
		r := Row{PUID: puid, Name: "OpenDocument " + name, Version: version, MIME: odf + kind, Ext: []string{ext}, In: "zip"}
		if version == "1.1" { // PRONOM gives 1.1 to what names no version
			r.Inside = []Inside{{"mimetype", odf + kind}}
			return r
		}
		r.Inside = []Inside{{"mimetype+version", odf + kind + " " + version}}
		return r
	}
	ole := func(puid, name, version, mime, stream string, ext ...string) Row {
		return Row{PUID: puid, Name: name, Version: version, MIME: mime, Ext: ext, In: "ole2", Inside: []Inside{{stream, ""}}}
	}
	rtf := func(puid, version string, p ...Pattern) Row {
		return Row{PUID: puid, Name: "Rich Text Format", Version: version, MIME: "application/rtf, text/rtf", Ext: rtfExt, Any: p}
	}
	start := at(0, `{\rtf`)
	return []Row{
		macro("fmt/523", "Macro enabled Microsoft Word Document OOXML", "2007 Onwards", "application/vnd.ms-word.document.macroEnabled", "docm"),
		macro("fmt/445", "Microsoft Excel Macro-Enabled", "2007", "application/vnd.ms-excel.sheet.macroEnabled", "xlsm"),
		macro("fmt/487", "Macro Enabled Microsoft Powerpoint", "2007 Onwards", "application/vnd.ms-powerpoint.presentation.macroEnabled", "pptm"),
		ooxml("fmt/412", "Microsoft Word for Windows", docMIME, "docx", "word/document.xml"),
		ooxml("fmt/214", "Microsoft Excel for Windows", xlsMIME, "xlsx", "xl/workbook.xml"),
		ooxml("fmt/215", "Microsoft Powerpoint for Windows", pptMIME, "pptx", "ppt/presentation.xml"),
		open("fmt/136", "Text", "1.0", "text", "odt"),
		open("fmt/291", "Text", "1.2", "text", "odt"),
		open("fmt/1756", "Text", "1.3", "text", "odt"),
		open("fmt/290", "Text", "1.1", "text", "odt"),
		open("fmt/137", "Spreadsheet", "1.0", "spreadsheet", "ods"),
		open("fmt/295", "Spreadsheet", "1.2", "spreadsheet", "ods"),
		open("fmt/1755", "Spreadsheet", "1.3", "spreadsheet", "ods"),
		open("fmt/294", "Spreadsheet", "1.1", "spreadsheet", "ods"),
		open("fmt/138", "Presentation", "1.0", "presentation", "odp"),
		open("fmt/293", "Presentation", "1.2", "presentation", "odp"),
		open("fmt/1754", "Presentation", "1.3", "presentation", "odp"),
		open("fmt/292", "Presentation", "1.1", "presentation", "odp"),
		ole("fmt/39", "Microsoft Word Document", "6.0/95", "application/msword", "CompObj Word.Document.6", "doc"),
		ole("fmt/39", "Microsoft Word Document", "6.0/95", "application/msword", "CompObj Word.Document.7", "doc"),
		ole("fmt/40", "Microsoft Word Document", "97-2003", "application/msword", "WordDocument", "doc", "wbk"),
		ole("fmt/61", "Microsoft Excel 97 Workbook (xls)", "8", "application/vnd.ms-excel", "Workbook", "xls", "xlw"),
		ole("fmt/59", "Microsoft Excel 5.0/95 Workbook (xls)", "5/95", "application/vnd.ms-excel", "Book", "xls", "xlw"),
		ole("fmt/126", "Microsoft Powerpoint Presentation", "97-2003", "application/vnd.ms-powerpoint", "PowerPoint Document", "ppt"),
		ole("x-fmt/430", "Microsoft Outlook Email Message", "97-2003", "", "__properties_version1.0", "msg", "oft"),
		ole("fmt/494", "Microsoft Office Encrypted Document", "2007 Onwards", "", "EncryptedPackage", "docx", "xlsx", "pptx"),
		{PUID: "fmt/111", Name: "OLE2 Compound Document Format", Shell: "ole2", Any: []Pattern{sig(at(0, oleHead))}},
		rtf("fmt/355", "1.9", sig(start, within(scan, `\stshfdbch`), within(scan, `\*\colorschememapping`)),
			sig(start, within(scan, `\stshfdbch`), within(scan, `\*\datastore`)),
			sig(start, within(scan, `\stshfdbch`), within(scan, `\*\defchp`))),
		rtf("fmt/52", "1.7", sig(start, within(scan, `\stshfdbch`))),
		rtf("fmt/50", "1.5-1.6", sig(start, within(scan, `\ansicpg`))),
		rtf("fmt/45", "1.0-1.4", sig(start)),
	}
}

func packageRows() []Row {
	sia := func(puid, version string, inside Inside) Row {
		return Row{PUID: puid, Name: siard, Version: version, Ext: []string{"siard"}, In: "zip", Inside: []Inside{inside}}
	}
	asic := func(puid, name, mime string, ext ...string) Row {
		return Row{PUID: puid, Name: name, MIME: mime, Ext: ext, In: "zip", Inside: []Inside{{"mimetype", mime}}}
	}
	warc := func(puid, version, start string) Row {
		return Row{PUID: puid, Name: "WARC", Version: version, MIME: "application/warc", Ext: []string{"warc"}, Any: []Pattern{sig(at(0, start))}}
	}
	return []Row{
		asic("fmt/483", "ePub format", "application/epub+zip", "epub"),
		asic("fmt/1341", "Associated Signature Container Simple (ASiC-S)", "application/vnd.etsi.asic-s+zip", "asics", "scs"),
		asic("fmt/1564", "Associated Signature Container Extended (ASiC-E)", "application/vnd.etsi.asic-e+zip", "asice", "sce"),
		sia("fmt/1777", "2.2", Inside{"header/siardversion/2.2/", ""}),
		sia("fmt/1196", "2.1", Inside{"header/siardversion/2.1/", ""}),
		sia("fmt/995", "2.0", Inside{"header/metadata.xml", "xmlns/siard/2.0/metadata.xsd"}),
		sia("fmt/161", "1.0", Inside{"header/metadata.xml", "xmlns/siard/1.0/metadata.xsd"}),
		{PUID: "x-fmt/263", Name: "ZIP Format", MIME: "application/zip", Ext: []string{"zip"}, Shell: "zip", Any: []Pattern{sig(within(4, zipHead)), sig(at(0, zipVoid+"\x00\x00"))}},
		{PUID: "x-fmt/266", Name: "GZIP Format", MIME: "application/gzip", Ext: []string{"gz", "z", "tgz"}, Any: []Pattern{sig(at(0, "\x1f\x8b\x08"))}},
		{PUID: "fmt/484", Name: "7Zip format", Ext: []string{"7z"}, Any: []Pattern{sig(at(0, "7z\xbc\xaf\x27\x1c"))}},
		{PUID: "x-fmt/268", Name: "BZIP2 Compressed Archive", MIME: "application/x-bzip2", Ext: []string{"bz2"}, Any: []Pattern{sig(at(0, "BZh"), at(4, "1AY&SY"))}},
		{PUID: "fmt/613", Name: "RAR Archive", Version: "5.0", MIME: "application/vnd.rar", Ext: []string{"rar"}, Any: []Pattern{sig(at(0, "Rar!\x1a\x07\x01\x00"))}},
		{PUID: "fmt/411", Name: "RAR Archive", Version: "2.9", MIME: "application/vnd.rar", Ext: []string{"rar"}, Any: []Pattern{sig(at(0, "Rar!\x1a\x07\x00"))}},
		{PUID: "x-fmt/265", Name: "Tape Archive Format", MIME: "application/x-tar", Ext: []string{"tar"}, test: tarHeader},
		warc("fmt/1281", "1.1", "WARC/1.1\r\n"),
		warc("fmt/1355", "1.0", "WARC/1.0\r\n"),
		warc("fmt/289", "", "WARC/"),
		{PUID: "fmt/410", Name: "Internet Archive", Version: "1.1", Ext: []string{"arc"}, Any: []Pattern{sig(at(0, "filedesc://"))}},
	}
}

func soundRows() []Row {
	riff, wave := at(0, "RIFF"), at(8, "WAVE")
	bext := func(puid, version, name, number string, more ...Probe) Row {
		return Row{
			PUID: puid, Name: "Broadcast WAVE", Version: version + " " + name, MIME: "audio/x-wav", Ext: []string{"wav"},
			Any: []Pattern{append(sig(riff, wave, within(scan, "bext").before(350, number)), more...)},
		}
	}
	pcm := within(scan, "fmt ").before(4, "\x01\x00")
	brand := func(b string) Pattern { return sig(at(4, "ftyp"), Probe{At: 8, Slack: 64, Bytes: b}) }
	asf := at(0, "\x30\x26\xB2\x75\x8E\x66\xCF\x11\xA6\xD9\x00\xAA\x00\x62\xCE\x6C")
	return []Row{
		bext("fmt/703", "0", "PCM Encoding", "\x00\x00", pcm),
		bext("fmt/704", "1", "PCM Encoding", "\x01\x00", pcm),
		bext("fmt/1", "0", "Generic", "\x00\x00"),
		bext("fmt/2", "1", "Generic", "\x01\x00"),
		{PUID: "fmt/141", Name: "Waveform Audio (PCMWAVEFORMAT)", MIME: "audio/x-wav", Ext: waveExt, Any: []Pattern{sig(riff, at(8, "WAVEfmt \x10\x00\x00\x00\x01\x00"))}},
		{PUID: "fmt/6", Name: "Waveform Audio", MIME: "audio/x-wav", Ext: []string{"wav"}, Any: []Pattern{sig(riff, wave)}},
		{PUID: "fmt/5", Name: "Audio/Video Interleaved Format", MIME: "video/x-msvideo", Ext: []string{"avi"}, Any: []Pattern{sig(riff, at(8, "AVI "))}},
		{PUID: "fmt/279", Name: "FLAC (Free Lossless Audio Codec)", Version: "1.2.1", MIME: "audio/flac", Ext: []string{"flac"}, Any: []Pattern{sig(at(0, "fLaC"))}},
		{PUID: "fmt/203", Name: "Ogg Vorbis Codec Compressed Multimedia File", MIME: "audio/ogg", Ext: []string{"ogg"}, Any: []Pattern{sig(at(0, "OggS\x00\x02"), at(29, "vorbis"))}},
		{PUID: "fmt/944", Name: "Ogg Multimedia Container", MIME: "application/ogg", Ext: []string{"ogg", "ogv", "opus", "spx"}, Any: []Pattern{sig(at(0, "OggS\x00\x02"))}},
		{PUID: "fmt/199", Name: "MPEG-4 Media File", MIME: "application/mp4, video/mp4", Ext: []string{"mp4", "m4a", "m4v", "f4v", "f4a"}, Any: []Pattern{brand("isom"), brand("iso2"), brand("mp41"), brand("mp42")}},
		{PUID: "x-fmt/384", Name: "Quicktime", MIME: "video/quicktime", Ext: []string{"mov", "qtm"}, Any: []Pattern{sig(at(4, "ftypqt  ")), sig(at(4, "moov")), sig(at(4, "mdat"))}},
		{PUID: "fmt/569", Name: "Matroska", Version: "1-4", Ext: []string{"mkv", "mka", "mks", "mk3d"}, Any: []Pattern{sig(at(0, "\x1A\x45\xDF\xA3"), within(64, "\x42\x82\x88matroska"))}},
		{PUID: "fmt/573", Name: "WebM", MIME: "video/webm", Ext: []string{"webm"}, Any: []Pattern{sig(at(0, "\x1A\x45\xDF\xA3"), within(64, "\x42\x82\x84webm"))}},
		{PUID: "x-fmt/386", Name: "MPEG-2 Program Stream", MIME: "video/mpeg", Ext: []string{"mpg", "mpeg", "mod"}, Any: []Pattern{sig(at(0, "\x00\x00\x01\xBA"), within(scan, "\x00\x00\x01\xB5"))}},
		{PUID: "x-fmt/385", Name: "MPEG-1 Program Stream", MIME: "video/mpeg", Ext: []string{"mpg", "mpeg"}, Any: []Pattern{sig(at(0, "\x00\x00\x01\xBA"))}},
		{PUID: "fmt/133", Name: "Windows Media Video", MIME: "video/x-ms-wmv", Ext: []string{"wmv", "asf"}, Any: []Pattern{sig(asf, within(scan, "W\x00M\x00V\x00")), sig(asf, within(scan, "WMV"))}},
		{PUID: "fmt/131", Name: "Advanced Systems Format", MIME: "application/vnd.ms-asf", Ext: []string{"asf", "wma"}, Any: []Pattern{sig(asf)}},
		{PUID: "fmt/134", Name: "MPEG 1/2 Audio Layer 3", MIME: "audio/mpeg", Ext: []string{"mp3"}, Any: []Pattern{sig(at(0, "ID3"))}},
		{PUID: "fmt/134", Name: "MPEG 1/2 Audio Layer 3", MIME: "audio/mpeg", Ext: []string{"mp3"}, test: mp3Frames},
	}
}

func dataRows() []Row {
	dbf := func(puid, version string, first ...byte) Row {
		return Row{PUID: puid, Name: "dBASE Database", Version: version, Ext: dbfExt, test: dbfHeader(first...)}
	}
	dbase4 := dbf("x-fmt/10", "IV", 0x04, 0x43, 0x63, 0x7B, 0x8B, 0x8E, 0xCB)
	dbase4.MIME = "application/dbase"
	return []Row{
		{PUID: "fmt/1700", Name: "OGC GeoPackage", Version: "1.0-1.31", MIME: "application/geopackage+sqlite3", Ext: []string{"gpkg"}, Any: []Pattern{sig(at(0, "SQLite format 3\x00"), at(68, "GPKG"))}},
		{PUID: "fmt/729", Name: "SQLite Database File Format", Version: "3", MIME: "application/x-sqlite3", Ext: []string{"sqlite", "sqlite3", "db", "db3"}, Any: []Pattern{sig(at(0, "SQLite format 3\x00"))}},
		{PUID: "fmt/275", Name: "Microsoft Access Database File", Version: "2007", Ext: []string{"accdb"}, Any: []Pattern{sig(at(0, "\x00\x01\x00\x00Standard ACE DB\x00"))}},
		dbf("x-fmt/9", "III", 0x03),
		dbf("x-fmt/271", "III+", 0x83),
		dbase4,
	}
}

func markupRows() []Row {
	html := func(puid, version string, p ...Pattern) Row {
		return Row{PUID: puid, Name: "Hypertext Markup Language", Version: version, MIME: "text/html", Ext: htmlExt, Any: p}
	}
	svg := func(puid, version string) Row {
		return Row{
			PUID: puid, Name: "Scalable Vector Graphics", Version: version, MIME: "image/svg+xml", Ext: []string{"svg"},
			Any: []Pattern{sig(at(0, "<"), within(scan, "<svg"), within(scan, `version="`+version+`"`))},
		}
	}
	doctype := func(s string) Pattern { return sig(within(1024, s)) }
	return []Row{
		svg("fmt/92", "1.1"),
		{
			PUID: "fmt/102", Name: "Extensible Hypertext Markup Language", Version: "1.0", MIME: "application/xhtml+xml", Ext: htmlExt,
			Any: []Pattern{doctype(`"-//W3C//DTD XHTML 1.0`)},
		},
		html("fmt/100", "4.01", doctype(`"-//W3C//DTD HTML 4.01`)),
		html("fmt/99", "4.0", doctype(`"-//W3C//DTD HTML 4.0`)),
		html("fmt/98", "3.2", doctype(`"-//W3C//DTD HTML 3.2`)),
		html("fmt/471", "5", doctype("<!DOCTYPE html>"), doctype("<!doctype html>"), doctype("<!DOCTYPE HTML>")),
		{ // The registry takes the version of the declaration for that of the drawing, which most do not say.
			PUID: "fmt/91", Name: "Scalable Vector Graphics", Version: "1.0", MIME: "image/svg+xml", Ext: []string{"svg"},
			Any: []Pattern{sig(at(0, `<?xml version="1.0"`), within(scan, "<svg"))},
		},
		{PUID: "fmt/101", Name: "Extensible Markup Language", Version: "1.0", MIME: "application/xml, text/xml", Ext: []string{"xml", "xsd", "xsl", "xslt", "rdf"}, Any: []Pattern{sig(within(3, `<?xml version="1.0"`)), sig(within(3, `<?xml version='1.0'`))}},
		{PUID: "fmt/1776", Name: "Extensible Markup Language", Version: "1.1", MIME: "application/xml, text/xml", Ext: []string{"xml"}, Any: []Pattern{sig(within(3, `<?xml version="1.1"`)), sig(within(3, `<?xml version='1.1'`))}},
		html("fmt/96", "", sig(within(1024, "<html"), ends(1024, "</html>")), sig(within(1024, "<HTML"), ends(1024, "</HTML>"))),
		{
			PUID: "fmt/950", Name: "MIME Email", Version: "1.0", MIME: "message/rfc822", Ext: []string{"eml"},
			test: mailHeader(true),
		},
		{PUID: "fmt/278", Name: "Internet Message Format", MIME: "message/rfc822", Ext: []string{"eml"}, test: mailHeader(false)},
	}
}

// textRows have no signature: a text with that extension is taken to be one of these.
func textRows() []Row {
	return []Row{
		{PUID: "x-fmt/111", Name: "Plain Text File", MIME: "text/plain", Ext: []string{"txt"}},
		{PUID: "x-fmt/16", Name: "Unicode Text File", MIME: "text/plain"},
		{PUID: "x-fmt/18", Name: "Comma Separated Values", MIME: "text/csv", Ext: []string{"csv"}},
		{PUID: "x-fmt/13", Name: "Tab-separated Values", MIME: "text/tab-separated-values", Ext: []string{"tsv", "tab"}},
		{PUID: "fmt/817", Name: "JSON Data Interchange Format", MIME: "application/json", Ext: []string{"json"}},
		{PUID: "fmt/720", Name: "MBOX", MIME: "application/mbox", Ext: []string{"mbox"}},
		{PUID: "fmt/1149", Name: "Markdown", MIME: "text/markdown", Ext: []string{"md", "markdown"}},
		{PUID: "fmt/818", Name: "YAML", Ext: []string{"yaml", "yml"}},
		{PUID: "fmt/206", Name: "Structured Query Language Data", Ext: []string{"sql"}},
		{PUID: "x-fmt/224", Name: "Cascading Style Sheet", MIME: "text/css", Ext: []string{"css"}},
	}
}
