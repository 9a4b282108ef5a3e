package controllers

import (
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// remedy says what is to be done about an error that keeps the journal from being written.
// In each case it goes on by itself afterwards.
func remedy(err error) string {
	text := err.Error()
	switch {
	case strings.Contains(text, "database space exceeded"):
		return "etcd has no space left: compact and defragment it, or raise its quota, then disarm its alarm NOSPACE"
	case strings.Contains(text, "exceeded quota"):
		return "Raise the ResourceQuota of this namespace, or take the resource out of it"
	case strings.Contains(text, "admission webhook"), strings.Contains(text, "failed calling webhook"), strings.Contains(text, "ValidatingAdmissionPolicy"):
		return "Exempt journalpages and stockledgers of inventory.acme.com from that webhook or policy"
	case apierrors.IsForbidden(err), apierrors.IsUnauthorized(err):
		return "Bind the operator's service account to the roles of config/rbac, or see which policy forbids it"
	case apierrors.IsInvalid(err), apierrors.IsBadRequest(err), apierrors.IsRequestEntityTooLargeError(err):
		return "The API server refuses what is written: install the CRDs of this release, and see which policy or webhook changes journalpages"
	case apierrors.IsNotFound(err):
		return "Install the CRDs of this release"
	default:
		return "It is tried again all the time"
	}
}
