# The exploration: every state of two engines, of the object code that ships, and of mutants.
check_PROGRAMS += tests/model/explore
tests_model_explore_SOURCES = \
	tests/model/explore.c tests/model/table.c tests/model/table.h \
	tests/model/world.h tests/model/pack.c tests/model/list.c tests/model/moves.c \
	tests/model/fair.c tests/model/check.c tests/model/truth.c tests/model/views.c \
	tests/model/story.c
tests_model_explore_LDADD = agent/libengine.a

TESTS += tests/model/run
dist_check_SCRIPTS += tests/model/run
EXTRA_DIST += tests/model/README.md tests/model/explorations \
	tests/model/mutants/01-guard-skipped.sed \
	tests/model/mutants/02-sick-guard-ignored.sed \
	tests/model/mutants/03-view-change-ignored.sed \
	tests/model/mutants/04-stale-guard.sed \
	tests/model/mutants/05-no-safety-net.sed \
	tests/model/mutants/06-lock-not-freed.sed \
	tests/model/mutants/07-intent-not-saved.sed \
	tests/model/mutants/08-two-locks.sed \
	tests/model/mutants/09-promise-dropped.sed \
	tests/model/mutants/10-withdraw-not-read-back.sed \
	tests/model/mutants/11-low-skipped.sed \
	tests/model/mutants/12-redrain-without-guard.sed \
	tests/model/mutants/13-guard-unread.sed \
	tests/model/mutants/14-end-not-sent.sed \
	tests/model/mutants/15-net-for-ever.sed \
	tests/model/mutants/16-survivor-not-high.sed \
	tests/model/mutants/17-dry-run-raises.sed \
	tests/model/mutants/18-sessions-stay-closed.sed \
	tests/model/mutants/19-release-not-called-off.sed \
	tests/model/mutants/20-unfit-for-ever.sed \
	tests/model/mutants/21-unfit-ignored.sed \
	tests/model/mutants/22-unfit-guard.sed

# What the mutants are built with.
AM_TESTS_ENVIRONMENT += CC='$(CC)'; export CC; \
	MODEL_CFLAGS='$(AM_CFLAGS) $(CFLAGS)'; export MODEL_CFLAGS; \
	MODEL_LDFLAGS='$(AM_LDFLAGS) $(LDFLAGS)'; export MODEL_LDFLAGS;
if SANITIZERS
AM_TESTS_ENVIRONMENT += CGWHA_MODEL=small; export CGWHA_MODEL;
endif
