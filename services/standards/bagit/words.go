package bagit

// settle puts the findings into words, sorted and bounded, warnings apart.
func (j *judge) settle() {
	j.report.faults(j.found)
	warnings, most := inWords(j.found.warnings.List()), j.opts.Limits.Faults
	warnings = append(warnings, j.unlike[:max(0, min(len(j.unlike), most-len(warnings)))]...)
	j.report.WarningCount = j.found.warnings.Count() + j.unlikely
	j.report.Warnings = listed(warnings, j.report.WarningCount)
}

// faults lists what refuses the bag.
func (r *Report) faults(of findings) {
	r.FaultCount = of.faults.Count()
	r.Faults = listed(inWords(of.faults.List()), r.FaultCount)
}
