package main

import (
	"bytes"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/spdx/tools-golang/json"
	"github.com/spdx/tools-golang/spdx/v2/common"
	"github.com/spdx/tools-golang/spdx/v2/v2_3"
)

// sbomType is the media type of an SBOM.
const sbomType types.MediaType = "application/spdx+json"

// bill is the SBOM of one platform's image.
type bill struct {
	platform v1.Platform
	text     []byte
	// referrer is what attaches it to the image.
	referrer v1.Image
}

// rootsModule is where the certificates of authorities come from.
const rootsModule = "golang.org/x/crypto/x509roots/fallback"

// newBill says what is in the image with a digest: the programs in a directory, each module that
// their build info names, Go's own library, and the certificates.
func newBill(platform v1.Platform, dir string, digest v1.Hash, r release) (bill, error) {
	whole := packageOf("image", "inventory-operator", r.version)
	whole.PackageExternalReferences = []*v2_3.PackageExternalReference{
		purl(fmt.Sprintf("pkg:oci/inventory-operator@%s?arch=%s", strings.Replace(digest.String(), ":", "%3A", 1), platform.Architecture)),
	}
	whole.PackageLicenseDeclared = license
	whole.PrimaryPackagePurpose = "CONTAINER"
	document := &v2_3.Document{
		SPDXVersion: v2_3.Version, DataLicense: v2_3.DataLicense, SPDXIdentifier: "DOCUMENT",
		DocumentName:      "inventory-operator-" + r.version + "-" + platform.OS + "-" + platform.Architecture,
		DocumentNamespace: r.source + "/sbom/" + digest.Hex,
		CreationInfo: &v2_3.CreationInfo{
			Created: r.at.Format(time.RFC3339), Creators: []common.Creator{{CreatorType: "Tool", Creator: "inventory-service-hack-image"}},
		},
		Packages:      []*v2_3.Package{whole},
		Relationships: []*v2_3.Relationship{relate("DOCUMENT", common.TypeRelationshipDescribe, "image")},
	}
	ids := map[string]common.ElementID{}
	add := func(id, name, version string, to common.ElementID, how string) *v2_3.Package {
		var p *v2_3.Package
		if _, there := ids[name]; !there { // the programs share modules
			p = packageOf(id, name, version)
			ids[name] = p.PackageSPDXIdentifier
			document.Packages = append(document.Packages, p)
		}
		document.Relationships = append(document.Relationships, relate(to, how, ids[name]))
		return p
	}
	for _, name := range programs {
		path := filepath.Join(dir, name)
		info, err := buildinfo.ReadFile(path)
		if err != nil {
			return bill{}, err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return bill{}, err
		}
		sum := sha256.Sum256(content)
		program := add(name, info.Path, r.version, "image", common.TypeRelationshipContains)
		program.PackageExternalReferences = []*v2_3.PackageExternalReference{
			purl(golang(info.Main.Path, r.version) + subpath(strings.TrimPrefix(info.Path, info.Main.Path))),
		}
		program.PackageLicenseDeclared = license
		program.PackageFileName = "/" + name
		program.PackageChecksums = []common.Checksum{{Algorithm: common.SHA256, Value: hex.EncodeToString(sum[:])}}
		program.PrimaryPackagePurpose = "APPLICATION"
		add("go-stdlib", "stdlib", strings.TrimPrefix(info.GoVersion, "go"), common.ElementID(name), common.TypeRelationshipDependsOn)
		for _, module := range info.Deps {
			if module.Replace != nil {
				module = module.Replace
			}
			add(fmt.Sprintf("module-%d", len(ids)), module.Path, module.Version, common.ElementID(name), common.TypeRelationshipDependsOn)
		}
	}
	if version := rootsVersion(); version != "" {
		add("ca-certificates", rootsModule, version, "image", common.TypeRelationshipContains)
	}
	var text bytes.Buffer
	if err := json.Write(document, &text, json.Indent("  ")); err != nil {
		return bill{}, err
	}
	return bill{platform: platform, text: text.Bytes()}, nil
}

// rootsVersion is that of the module with the certificates, which this program is built with.
func rootsVersion() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, module := range info.Deps {
			if module.Path == rootsModule {
				return module.Version
			}
		}
	}
	return ""
}

// packageOf is a Go module as a package of an SBOM.
func packageOf(id, name, version string) *v2_3.Package {
	p := &v2_3.Package{
		PackageSPDXIdentifier: common.ElementID(id), PackageName: name, PackageVersion: version,
		PackageSupplier:         &common.Supplier{Supplier: "NOASSERTION"},
		PackageDownloadLocation: "NOASSERTION", IsFilesAnalyzedTagPresent: true,
		PackageLicenseConcluded: "NOASSERTION", PackageLicenseDeclared: "NOASSERTION", PackageCopyrightText: "NOASSERTION",
	}
	if id != "image" {
		p.PackageExternalReferences = []*v2_3.PackageExternalReference{purl(golang(name, version))}
	}
	return p
}

// golang is the package URL of a Go module in its canonical form: names are in lower case, and a
// version's plus sign is encoded.
func golang(module, version string) string {
	return "pkg:golang/" + strings.ToLower(module) + "@" + strings.ReplaceAll(version, "+", "%2B")
}

// subpath names a package within a module, empty for the module itself.
func subpath(of string) string {
	if of = strings.Trim(of, "/"); of == "" {
		return ""
	}
	return "#" + of
}

func purl(locator string) *v2_3.PackageExternalReference {
	return &v2_3.PackageExternalReference{Category: common.CategoryPackageManager, RefType: common.TypePackageManagerPURL, Locator: locator}
}

func relate(a common.ElementID, how string, b common.ElementID) *v2_3.Relationship {
	return &v2_3.Relationship{RefA: common.MakeDocElementID("", string(a)), Relationship: how, RefB: common.MakeDocElementID("", string(b))}
}

// name is that of the SBOM's file.
func (b *bill) name() string {
	return fmt.Sprintf("sbom-%s-%s.spdx.json", b.platform.OS, b.platform.Architecture)
}

// attach makes the referrer of an image: a manifest that has the image as its subject.
func (b *bill) attach(to v1.Image) error {
	subject, err := partial.Descriptor(to)
	if err != nil {
		return err
	}
	made := mutate.MediaType(empty.Image, types.OCIManifestSchema1)
	made = mutate.ConfigMediaType(made, sbomType)
	made, err = mutate.Append(made, mutate.Addendum{
		Layer: static.NewLayer(b.text, sbomType), MediaType: sbomType,
		Annotations: map[string]string{"org.opencontainers.image.title": b.name()}, // without a title oras pull writes no file
	})
	if err != nil {
		return err
	}
	b.referrer = mutate.Subject(made, *subject).(v1.Image)
	return nil
}
