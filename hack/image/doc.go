// Image packs the operator and the kubectl plugin into an OCI image for several platforms, without a
// container engine: a layer with the certificates of the public authorities and the user, and
// one with the programs. It writes an OCI layout, with the SBOM of each platform as a referrer and
// beside it, and pushes both where it is told to.
//
// The same binaries, version, revision and time give the same digest. It builds no program: make
// image does, and hands them over.
package main
