package main

// ofControllers are the faults of taking in what people write and of showing what the
// journal says.
var ofControllers = []mutant{}
