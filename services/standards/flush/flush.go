// Package flush makes many files durable with one call where the system has one (Linux: syncfs).
package flush

// Joined is from how many files on one flush of the whole file system costs less than one of each.
const Joined = 64
