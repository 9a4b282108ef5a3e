// Command bench measures the Inventory Service beside what it could be: the
// floor that the API server sets, a plain reconciler, and services on
// PostgreSQL, all on one machine in one run, in turns.
//
// It starts a real etcd and kube-apiserver of its own, with fsync on, drives
// each contender with closed-loop clients (each sends its next cart when it has
// the outcome of the last), and reports medians over rounds. Absolute figures
// belong to the machine; the ratios are what to compare. In a cell either all
// contenders deliver their events to one sink or none does. A laboratory beside
// the cells measures what pages of a journal would cost in the API server.
//
// It decides nothing: no figure makes it fail. Callers owe it
// KUBEBUILDER_ASSETS and the built operator and services: make bench sees to all.
package main
