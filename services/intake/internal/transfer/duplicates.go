package transfer

import "github.com/qoyma/qoyma/services/platform/fault"

// Duplicate warns of a file that the archive has already, byte for byte. It refuses nothing: the
// same form or map belongs to many files.
var Duplicate = fault.Define(fault.Refused, "intake.package.duplicate",
	"the same bytes stand already in accession {number} as {path}; make sure that the file is not handed over twice",
	"те же данные уже есть в поступлении {number}: {path}; убедитесь, что дело не передаётся дважды",
	"дәл осы деректер {number} түсімінде бар: {path}; істің екі рет тапсырылмағанына көз жеткізіңіз")
