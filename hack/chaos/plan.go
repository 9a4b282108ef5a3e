package main

import "strconv"

// counts are a number for the short form and one for the long run.
type counts struct{ short, long int }

func (c counts) of(long bool) int {
	if long {
		return c.long
	}
	return c.short
}

// suite is one line of the plan.
type suite struct {
	name string
	// pkg and tests are a package and a pattern of its tests.
	pkg, tests string
	// program is run instead of tests where it is set.
	program func(r *runner) []string
	// fault is the name under which the tests report; empty where they do not.
	fault string
	// rounds are what the tests are asked for; 0 leaves it to them.
	rounds counts
	// least is how many injections there have to be, where rounds are not that.
	least counts
	// longOnly says that the suite is none of the short form.
	longOnly bool
	// shortEnv and longEnv are set in the two forms.
	shortEnv, longEnv []string
}

const processes = "./test/chaos"

// plan is what is run, in this order: what needs no processes first.
var plan = []suite{
	{
		name: "journal simulation", pkg: "./internal/journal", tests: "TestSimulation", longEnv: []string{"SEEDS=20000"},
	},
	{
		name: "simulation", pkg: "./internal/allocator", tests: "TestSimulation",
		shortEnv: []string{"SEEDS=500"}, longEnv: []string{"SEEDS=20000"},
	},
	{
		name: "model", pkg: "./internal/allocator", tests: "TestModelCheck", longEnv: []string{"MODEL=long"},
	},
	{name: "mutants", program: playMutants, longOnly: true},
	{
		name: "fuzz", program: func(*runner) []string { return []string{"hack/fuzz.sh"} },
		shortEnv: []string{"FUZZTIME=2s"}, longEnv: []string{"FUZZTIME=30s"},
	},
	{
		name: "crashes", pkg: processes, tests: "TestCrash|TestCrashTwice|TestCrashAtRandom|TestConsumeKilled|TestConsumeKilledTwice|TestEveryWriteHasACrash",
		fault: "crash at API writes", rounds: counts{0, 500}, least: counts{150, 500},
	},
	{name: "founding", pkg: processes, tests: "TestFoundingBroken"},
	{
		name: "journal", pkg: processes, tests: "TestJournalBroken|TestJournalFrozen", longOnly: true,
		fault: "journal writes crashed, frozen, lost, late, doubled", least: counts{60, 60}, longEnv: []string{"JOURNAL=long"},
	},
	{
		name: "damage", pkg: processes, tests: "TestJournalDeleted|TestTwoRepair|TestRepairKilled|TestEndNotProven|TestCRDGoneAndBack",
		fault: "journal deleted or edited by hand, and repaired", least: counts{15, 15},
	},
	{
		name: "hands", pkg: processes, tests: "TestJournalInOtherHands",
		fault: "ledger and pages edited and deleted by hand", rounds: counts{14, 68},
	},
	{
		name: "refused writes", pkg: processes, tests: "TestPageWritesRefused|TestPoisonedCart",
		fault: "page writes refused", least: counts{10, 10},
	},
	{
		name: "rewritten pages", pkg: processes, tests: "TestPagesRewritten",
		fault: "pages rewritten by a webhook", least: counts{6, 6},
	},
	{
		name: "archive", pkg: processes, tests: "TestArchiveAnswersLost|TestArchiveAsked|TestArchiveElected|TestArchiveEmptied|TestArchiveFollows|TestArchiveFrozen|" +
			"TestArchiveKilled|TestArchiveOtherHistory|TestArchiveOvertaken|TestArchivePostgresBroken|TestArchiveRefuses|TestArchiveTasksRefuse|" +
			"TestArchiveStartsWithoutDatabase|TestArchiveTwo|TestArchiveAtRandom",
		fault: "archive: PostgreSQL and archives killed, frozen, cut off, doubled", rounds: counts{0, 120}, least: counts{60, 180},
		longEnv: []string{"ARCHIVE=long"},
	},
	{
		name: "archive of what is forgotten", pkg: processes, tests: "TestArchiveForgotten", longOnly: true, longEnv: []string{"ARCHIVE=long"},
	},
	{
		name: "namespaces", pkg: processes, tests: "TestNamespaceGone",
		fault: "namespace deleted and made again", least: counts{4, 4},
	},
	{
		name: "stalls", pkg: processes, tests: "TestAPIServerStalled",
		fault: "kube-apiserver SIGSTOP", rounds: counts{3, 8}, longEnv: []string{"STALL=long"},
	},
	{
		name: "stale restarts", pkg: processes, tests: "TestStaleRestart",
		fault: "stale restart", rounds: counts{15, 200},
	},
	{
		name: "watches", pkg: processes, tests: "TestWatchFaults",
		fault: "missed, doubled and 410 watch events", rounds: counts{50, 1000},
	},
	{
		name: "storm", pkg: processes, tests: "TestStorm",
		fault: "API errors and 30% lost answers", rounds: counts{45, 600}, least: counts{300, 4000},
	},
	{
		name: "zombies", pkg: processes, tests: "TestZombieLeader",
		fault: "zombie leader", rounds: counts{10, 100},
	},
	{
		name: "hand-overs", pkg: processes, tests: "TestHandOver",
		fault: "graceful hand-over", rounds: counts{3, 30},
	},
	{
		name: "dead leaders", pkg: processes, tests: "TestLeaderKilled",
		fault: "leader killed", rounds: counts{3, 30},
	},
	{
		name: "forwarded commands", pkg: processes, tests: "TestForwardedKilled",
		fault: "leader killed under forwarded commands", least: counts{12, 12},
	},
	{
		name: "servers", pkg: processes, tests: "TestServersKilled",
		fault: "kube-apiserver or etcd SIGKILL", rounds: counts{3, 20},
	},
	{
		name: "stale API server", pkg: processes, tests: "TestAPIServerBehind",
		fault: "API server behind", rounds: counts{2, 20},
	},
	{
		name: "sinks", pkg: processes, tests: "TestOutcomesAgainstHostileSinks",
		fault: "sink 5xx, accepted then timed out, publisher crash", rounds: counts{200, 5000},
	},
	{
		name: "same id", pkg: processes, tests: "TestSameIDConcurrently",
		fault: "same id concurrently, changed body", rounds: counts{1000, 50_000},
	},
	{
		name: "holds", pkg: processes, tests: "TestHoldsFoughtOver",
		fault: "holds replaced, extended, shipped from elsewhere", rounds: counts{48, 1000},
	},
	{
		name: "users", pkg: processes, tests: "TestUsersAtTheWorstMoment",
		fault: "users at the worst moment", rounds: counts{60, 600},
	},
	{
		name: "corrupted figures", pkg: processes, tests: "TestStatusCorrupted",
		fault: "status corrupted by hand", rounds: counts{1, 10},
	},
	{
		name: "versions", pkg: processes, tests: "TestVersionsTakeTurns|TestCRDsFirstAndLast|TestRolledBackAfterNews",
		fault: "earlier and this version in turn", rounds: counts{3, 40},
	},
	{
		name: "histories", pkg: processes, tests: "TestHistories|TestHistoriesOverLostAnswers|TestHistoriesOfTwins|TestHistoriesOverDeaths",
		fault: "porcupine histories", rounds: counts{50, 1000},
	},
	{name: "three leaders", pkg: processes, tests: "TestThreeOperators", longOnly: true},
	{
		name: "answers", pkg: processes,
		tests: "TestAnswersLost|TestConsumeAnswersLost|TestConsumeWhileDeleting|TestLateConsume|TestTwoOperators|TestTwoOperatorsConsume|" +
			"TestConsumeTakenOver|TestLedgerDeleted|TestStatusErased|TestAPIServerKilled|TestWritesRefusedForLong|TestSinkDown",
	},
}

// together makes one suite of those that start real processes, for the short
// form: they then share one control plane and one build of the operator. Their
// tests inject as often as the short form asks for by themselves.
func together(suites []suite) []suite {
	all := suite{name: "real processes", pkg: processes}
	var rest []suite
	for _, s := range suites {
		if s.pkg != processes {
			rest = append(rest, s)
			continue
		}
		if all.tests != "" {
			all.tests += "|"
		}
		all.tests += s.tests
	}
	if all.tests == "" {
		return rest
	}
	return append(rest, all)
}

// bar is how many injections the fault has to have.
func (s suite) bar(long bool) int {
	if least := s.least.of(long); least > 0 {
		return least
	}
	return s.rounds.of(long)
}

// timeout bounds a suite whose processes hang.
func timeout(long bool) string {
	if long {
		return "90m"
	}
	return "20m"
}

// parallel is how many worlds of real processes a suite may have at a time: they mostly wait.
// Other suites compute, and have as many as there are cores: the model's worlds are large.
const parallel = 8

func (s suite) command(r *runner) []string {
	if s.program != nil {
		return s.program(r)
	}
	command := []string{
		"go", "test", "-count=1", "-v", "-timeout=" + timeout(r.long), "-artifacts", "-outputdir=" + r.artifacts(),
		"-run=^(" + s.tests + ")$",
	}
	if s.pkg == processes {
		command = append(command, "-parallel="+strconv.Itoa(parallel))
	}
	return append(command, s.pkg)
}

func playMutants(r *runner) []string {
	command := []string{"go", "run", "./hack/mutants", "-json", r.mutantsPath()}
	if r.long {
		command = append(command, "-long")
	}
	return command
}
